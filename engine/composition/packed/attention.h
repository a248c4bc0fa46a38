// Attention over keys and values, a few queries at a time: those near are read in half precision, those far behind in 8
// bits, which is half to fetch and less to compute.
//
// What is far, and the order of all sums, depend on nothing but positions, whoever else is asking.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "lanes.h"
#include "matrix.h"
#include "model.h"

namespace {

constexpr int kTogether = 6;  // queries that share one pass over the keys and values in half precision
constexpr int kAsking = 12;   // queries that share one over those in 8 bits
constexpr int kNear = 512;    // positions before a token, at least, that are read in half precision

template <int N>
using Count = std::integral_constant<int, N>;

template <class Work>
void with_count(int n, Work&& work) {
    switch (n) {
        case 1: return work(Count<1>{});
        case 2: return work(Count<2>{});
        case 3: return work(Count<3>{});
        case 4: return work(Count<4>{});
        case 5: return work(Count<5>{});
        default: return work(Count<kTogether>{});
    }
}

// Scores of Q queries [dim, kTogether] against all tiles of 16 keys [dim, 16]. Even and odd channels are summed apart:
// of a few queries alone each sum would wait for itself.
template <int Q>
void score_keys(const uint16_t* keys, int dim, int tiles, const float* queries, float* scores, size_t row) {
    for (int at = 0; at < tiles; ++at) {
        F16 even[Q], odd[Q];
        for (int q = 0; q < Q; ++q) even[q] = odd[q] = zero();
        for (int i = 0; i < dim; i += 2, keys += 2 * kLanes) {
            prefetch<4 * kLanes>(keys + kAhead / 2);
            const F16 one = load_half(keys), other = load_half(keys + kLanes);
            const float* query = queries + i * kTogether;
            for (int q = 0; q < Q; ++q) even[q] = one * query[q] + even[q];
            for (int q = 0; q < Q; ++q) odd[q] = other * query[kTogether + q] + odd[q];
        }
        for (int q = 0; q < Q; ++q) store(scores + q * row + at * kLanes, even[q] + odd[q]);
    }
}

// Sixteen x D channels of what Q queries read: the values weighted by their shares [Q, row], times `factor`.
template <int Q, int D>
void read_channels(const uint16_t* values, int dim, int length, const float* shares, size_t row, const float* factor,
                   float* const* out, int channel) {
    F16 sum[Q][D];
    for (int q = 0; q < Q; ++q) for (int i = 0; i < D; ++i) sum[q][i] = zero();
    for (int p = 0; p < length; ++p) {
        const uint16_t* from = values + size_t(p) * dim + channel;
        prefetch<D * kLanes * 2>(from + kAhead / 2);
        F16 value[D];
        for (int i = 0; i < D; ++i) value[i] = load_half(from + i * kLanes);
        for (int q = 0; q < Q; ++q)
            for (int i = 0; i < D; ++i) sum[q][i] = value[i] * shares[q * row + p] + sum[q][i];
    }
    for (int q = 0; q < Q; ++q)
        for (int i = 0; i < D; ++i) store(out[q] + channel + i * kLanes, sum[q][i] * factor[q]);
}

template <int Q>
void read_values(const uint16_t* values, int dim, int length, const float* shares, size_t row, const float* factor,
                 float* const* out) {
    int channel = 0;
    for (; channel + 4 * kLanes <= dim; channel += 4 * kLanes)
        read_channels<Q, 4>(values, dim, length, shares, row, factor, out, channel);
    for (; channel < dim; channel += kLanes)
        read_channels<Q, 1>(values, dim, length, shares, row, factor, out, channel);
}

// Scores to shares, of which the first `length` are not nothing. Returns what makes their sum one.
float softmax(float* scores, int length, int whole, int extra, const float* bias, float scale) {
    for (int p = 0; p < extra; ++p) scores[p] += bias[p] / scale;
    for (int p = length; p < whole; ++p) scores[p] = -INFINITY;
    F16 highest = load(scores);
    for (int p = kLanes; p < whole; p += kLanes) highest = higher(highest, load(scores + p));
    const float top = highest_of(highest);
    F16 sum = zero();
    for (int p = 0; p < whole; p += kLanes) {
        const F16 share = exponential((load(scores + p) - top) * scale);
        store(scores + p, share);
        sum = sum + share;
    }
    return 1.0f / total_of(sum);
}

// How many positions are far behind `place`: whole blocks, none where heads are no whole blocks.
int far_behind(int place, int dim) {
    return dim % kBlock || place < kNear ? 0 : (place - kNear) / kBlock * kBlock;
}

Matrix small_keys(const Cache& cache, int kv_head, int dim) {
    const size_t place = size_t(kv_head) * cache.room * dim;
    return {cache.small_keys + place, cache.key_scales + place / kBlock, nullptr, int32_t(cache.room), dim, 8, 128};
}

Matrix small_values(const Cache& cache, int kv_head, int dim) {
    const size_t place = size_t(kv_head) * cache.room * dim;
    return {cache.small_values + place, cache.value_scales + place / kBlock, nullptr, dim, int32_t(cache.room), 8, 128};
}

// Have 8 bits of the positions before `far`.
void shrink(const Model& model, const Cache& cache, int far, int threads) {
    const int dim = model.head_dim, first = *cache.shrunk, count = far / kBlock - first;
    if (count <= 0) return;
    pool().run(threads, model.kv_heads * count, [&](int part) {
        const int head = part / count, block = first + part % count;
        const size_t place = size_t(head) * cache.room * dim, position = size_t(block) * kBlock;
        for (int half = 0; half < 2; ++half)
            for (int b = 0; b < dim / kBlock; ++b) {
                const size_t from = place + (position + half * kLanes) * dim + b * kBlock * kLanes;
                shrink_block(cache.keys + from, kLanes, cache.small_keys + from, cache.key_scales + from / kBlock);
            }
        for (int tile = 0; tile < dim / kRows; ++tile) {
            const size_t into = place + tile * size_t(cache.room) * kRows + position * kRows;
            shrink_block(cache.values + place + position * dim + tile * kRows, dim, cache.small_values + into,
                         cache.value_scales + into / kBlock);
        }
    });
    *cache.shrunk = far / kBlock;
}

// Some queries of one key-value head, numbered token by token and head by head, for all of which the same is far.
struct Asking {
    int first, count, far;
};

// All queries of `tokens` tokens behind `before`.
void divide(const Model& model, const Cache& cache, int tokens, int before, std::vector<Asking>& parts) {
    const int group = model.heads / model.kv_heads;
    parts.clear();
    for (int t = 0; t < tokens;) {
        const int place = cache.extra + before + t, end = std::min(tokens, t + kBlock - place % kBlock);
        const int far = far_behind(place, model.head_dim);
        for (int first = t * group; first < end * group; first += kAsking)
            parts.push_back({first, std::min(kAsking, end * group - first), far});
        t = end;
    }
}

// What these queries [tokens, stride] read, to out [tokens, heads, head_dim].
void attend(const Model& model, const Cache& cache, int kv_head, const Asking& asking, int before, const float* queries,
            int64_t stride, float* out) {
    const int dim = model.head_dim, group = model.heads / model.kv_heads, count = asking.count, far = asking.far;
    const auto seen = [&](int q) { return cache.extra + before + (asking.first + q) / group + 1; };
    const auto head_of = [&](int q) { return kv_head * group + (asking.first + q) % group; };
    const auto query = [&](int q) { return queries + (asking.first + q) / group * stride + head_of(q) * dim; };
    const int longest = seen(count - 1), tiles = (longest + kLanes - 1) / kLanes;
    const size_t row = size_t(tiles) * kLanes + kLanes;  // not a power of two: rows would meet in the same cache lines
    const size_t place = size_t(kv_head) * cache.room * dim + size_t(far) * dim;
    const float scale = 1.0f / std::sqrt(float(dim));
    static thread_local std::vector<float> together, scores, behind;
    static thread_local Rounded rounded;
    together.resize(size_t(dim) * kTogether);
    scores.resize(row * kAsking);
    behind.resize(size_t(dim) * kAsking);
    float factor[kAsking];
    float* into[kAsking];
    if (far) {
        rounded.resize(count, dim, 1);
        for (int q = 0; q < count; ++q) rounded.take(q, query(q));
        multiply_in<1>(small_keys(cache, kv_head, dim), 0, far / kRows, rounded, scores.data(), int64_t(row));
    }
    for (int first = 0; first < count; first += kTogether) {
        const int some = std::min(kTogether, count - first);
        for (int q = 0; q < some; ++q)
            for (int i = 0; i < dim; ++i) together[i * kTogether + q] = query(first + q)[i];
        with_count(some, [&](auto n) {
            score_keys<n>(cache.keys + place, dim, tiles - far / kLanes, together.data(), &scores[first * row + far], row);
        });
    }
    for (int q = 0; q < count; ++q) {
        factor[q] = softmax(&scores[q * row], seen(q), tiles * kLanes, cache.extra, cache.bias, scale);
        into[q] = out + (size_t((asking.first + q) / group) * model.heads + head_of(q)) * dim;
    }
    // Who sees less than the last of them has no share in what is behind.
    for (int first = 0; first < count; first += kTogether)
        with_count(std::min(kTogether, count - first), [&](auto n) {
            read_values<n>(cache.values + place, dim, longest - far, &scores[first * row + far], row, factor + first,
                           into + first);
        });
    if (!far) return;
    rounded.resize(count, far, 1);
    for (int q = 0; q < count; ++q) rounded.take(q, &scores[q * row]);
    multiply_in<1>(small_values(cache, kv_head, dim), 0, dim / kRows, rounded, behind.data(), dim);
    for (int q = 0; q < count; ++q)
        for (int i = 0; i < dim; i += kLanes)
            store(into[q] + i, load(&behind[size_t(q) * dim + i]) * factor[q] + load(into[q] + i));
}

}  // namespace
