// Attention over keys and values in half precision, a few queries at a time.
//
// Sums are in an order that depends on nothing but positions, whoever else is asking.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "lanes.h"
#include "model.h"

namespace {

constexpr int kTogether = 6;  // queries that share one pass over the keys and values

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

// Attention of up to kTogether queries of one key-value head, numbered token by token and head by head from `first` on.
// Queries are [tokens, stride] and stand behind `before` tokens.
void attend(const Model& model, const Cache& cache, int kv_head, int first, int count, int before, const float* queries,
            int64_t stride, float* out) {
    const int dim = model.head_dim, group = model.heads / model.kv_heads;
    const int longest = cache.extra + before + (first + count - 1) / group + 1;
    const int tiles = (longest + kLanes - 1) / kLanes;
    const size_t row = size_t(tiles) * kLanes + kLanes;  // not a power of two: rows would meet in the same cache lines
    const size_t place = size_t(kv_head) * cache.room * dim;
    const float scale = 1.0f / std::sqrt(float(dim));
    static thread_local std::vector<float> together, scores;
    together.resize(size_t(dim) * kTogether);
    scores.resize(row * kTogether);
    float factor[kTogether];
    float* into[kTogether];
    for (int q = 0; q < count; ++q) {
        const int token = (first + q) / group, head = kv_head * group + (first + q) % group;
        const float* query = queries + token * stride + head * dim;
        for (int i = 0; i < dim; ++i) together[i * kTogether + q] = query[i];
        into[q] = out + (size_t(token) * model.heads + head) * dim;
    }
    with_count(count, [&](auto n) {
        score_keys<n>(cache.keys + place, dim, tiles, together.data(), scores.data(), row);
        for (int q = 0; q < n; ++q)
            factor[q] = softmax(&scores[q * row], cache.extra + before + (first + q) / group + 1, tiles * kLanes,
                                cache.extra, cache.bias, scale);
        // Who sees less than the last of them has no share in what is behind.
        read_values<n>(cache.values + place, dim, longest, scores.data(), row, factor, into);
    });
}

}  // namespace
