// A Llama's decoder stack on packed weights, for any number of tokens at once.
//
// Weights stay in the blocks of 32 that they come in: w = d * (q - offset) + m, with q of 4 or 8 bits and d, m in half
// precision. Activations are rounded to integers block by block, products are summed exactly as integers, and sums of
// blocks are added in a fixed order. So what is computed for a token has the same bits however many tokens are read
// together with it, and on however many threads.
//
// The layout that packing.py writes: 16 rows of a matrix make a tile. Of each block of 32 columns a
// tile holds 16 scales, 16 minima, and the integers in groups of 16 rows x 4 columns, as one 512-bit dot product takes
// them; of 4-bit integers two groups share their bytes.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "lanes.h"
#include "pool.h"

namespace {

constexpr int kRows = 16;     // rows of a tile
constexpr int kBlock = 32;    // columns of a block
constexpr int kGroups = 8;    // groups of four columns in a block
constexpr int kTokens = 8;    // tokens that share one unpacking of the weights
constexpr int kPortion = 4;   // tiles that a thread takes at once for a single token
constexpr int kTogether = 6;  // queries that share one pass over the keys and values
constexpr int kAhead = 4096;  // bytes by which weights are fetched before they are needed

}  // namespace

extern "C" {

struct Matrix {
    const uint8_t* q;
    const uint16_t* d;
    const uint16_t* m;  // null where there are no minima
    int32_t rows, cols, bits, offset;
};

struct Adapter {  // adds b' (a x), the scale being in b already
    const float* a;  // [rank, cols]
    const float* b;  // [rank, rows]
    int32_t rank, first_row, rows;
};

struct Layer {
    const float *attention_norm, *mlp_norm;
    Matrix qkv, out, gate_up, down;
};

struct Model {
    int32_t hidden, inner, heads, kv_heads, head_dim, layers, vocabulary;
    float epsilon;
    const Layer* stack;
    const float* norm;
    Matrix head;
    const float *cosine, *sine;  // [positions, head_dim / 2]
};

struct Adapters {
    Adapter q, k, v, out, gate, up, down;  // a is null where there is none
};

struct Cache {         // one layer's, in half precision
    uint16_t* keys;    // [kv_heads, room / 16, head_dim, 16]: as many positions as there are lanes side by side
    uint16_t* values;  // [kv_heads, room, head_dim]
    int64_t room;      // in whole tiles
    int32_t extra;      // positions in front that belong to no token
    const float* bias;  // what is added to their scores, [extra]
};

}  // extern "C"

namespace {

// -- activations as integers ------------------------------------------------------------------------------------------

// Of eight tokens the rounded activations lie together, block after block: that is how a tile of weights meets them,
// and distances of whole pages between tokens or blocks would make them fall out of the cache.
// An integer is one byte, or two of them in planes: first the high ones of a block, then the low ones.
struct Rounded {
    int tokens = 0, blocks = 0, planes = 2;
    std::vector<int8_t> integers;
    std::vector<float> scale, sum;  // sum: scale times the sum of the integers
    std::vector<int32_t> total;

    void resize(int n, int cols, int bytes_each) {
        tokens = n, blocks = cols / kBlock, planes = bytes_each;
        const size_t cells = size_t(n + kTokens - 1) / kTokens * kTokens * blocks;
        if (scale.size() >= cells) return;
        integers.resize(cells * kBlock * 2), scale.resize(cells), sum.resize(cells), total.resize(cells);
    }

    size_t cell(int token, int block) const {
        return (size_t(token / kTokens) * blocks + block) * kTokens + token % kTokens;
    }

    void take(int token, const float* x) {
        for (int b = 0; b < blocks; ++b) {
            const size_t at = cell(token, b);
            int8_t* into = &integers[at * kBlock * planes];
            const float* block = x + b * kBlock;
            total[at] = planes == 2 ? round_block<2>(block, into, &scale[at]) : round_block<1>(block, into, &scale[at]);
            sum[at] = scale[at] * float(total[at]);
        }
    }
};

// -- matrices --------------------------------------------------------------------------------------------------------

template <int Bits, bool Min, int Planes, int T>
void multiply_tile(const Matrix& w, int tile, const Rounded& x, int token, float* y, int64_t stride) {
    constexpr int kBytes = kRows * kBlock * Bits / 8;
    const int blocks = x.blocks;
    const uint8_t* q = w.q + size_t(tile) * blocks * kBytes;
    const uint16_t* d = w.d + size_t(tile) * blocks * kRows;
    const uint16_t* m = Min ? w.m + size_t(tile) * blocks * kRows : nullptr;
    F16 result[T];
    for (int t = 0; t < T; ++t) result[t] = zero();
    for (int b = 0; b < blocks; ++b, q += kBytes, d += kRows, m += Min ? kRows : 0) {
        prefetch<kBytes>(q + kAhead);
        Weights group[kGroups];
        unpack<Bits>(q, group);
        const F16 scale = load_half(d), minimum = Min ? load_half(m) : zero();
        const size_t cell = x.cell(token, b);
        for (int t = 0; t < T; ++t) {
            const size_t at = cell + t;
            const int32_t start = Min ? 0 : -w.offset * x.total[at];  // formats with minima have no offset
            const I16 sum = dot<Bits, Planes>(group, &x.integers[at * kBlock * Planes], start);
            result[t] = to_float(sum) * scale * x.scale[at] + result[t];
            if (Min) result[t] = minimum * x.sum[at] + result[t];
        }
    }
    for (int t = 0; t < T; ++t) store(y + (token + t) * stride + tile * kRows, result[t]);
}

template <int Bits, bool Min, int Planes>
void multiply_rows(const Matrix& w, int tile, const Rounded& x, float* y, int64_t stride) {
    int token = 0;
    for (; token + kTokens <= x.tokens; token += kTokens)
        multiply_tile<Bits, Min, Planes, kTokens>(w, tile, x, token, y, stride);
    if (x.tokens - token >= 4) multiply_tile<Bits, Min, Planes, 4>(w, tile, x, token, y, stride), token += 4;
    if (x.tokens - token >= 2) multiply_tile<Bits, Min, Planes, 2>(w, tile, x, token, y, stride), token += 2;
    if (x.tokens - token >= 1) multiply_tile<Bits, Min, Planes, 1>(w, tile, x, token, y, stride);
}

template <int Planes>
void multiply_in(const Matrix& w, int tile, const Rounded& x, float* y, int64_t stride) {
    if (w.bits == 4 && w.m) multiply_rows<4, true, Planes>(w, tile, x, y, stride);
    else if (w.bits == 4) multiply_rows<4, false, Planes>(w, tile, x, y, stride);
    else if (w.m) multiply_rows<8, true, Planes>(w, tile, x, y, stride);
    else multiply_rows<8, false, Planes>(w, tile, x, y, stride);
}

int padded(int rows) { return (rows + kRows - 1) / kRows * kRows; }

// y[token, :] = W x[token], rows padded to whole tiles.
void multiply(const Matrix& w, const Rounded& x, float* y, int threads) {
    const int64_t stride = padded(w.rows);
    const int tiles = int(stride / kRows), portion = x.tokens > 1 ? 1 : kPortion;
    pool().run(threads, (tiles + portion - 1) / portion, [&](int part) {
        for (int tile = part * portion; tile < std::min(tiles, (part + 1) * portion); ++tile) {
            if (x.planes == 2) multiply_in<2>(w, tile, x, y, stride);
            else multiply_in<1>(w, tile, x, y, stride);
        }
    });
}

// Products of R rows of a matrix [R, cols] with x. Many sums at once: one alone would wait for each of its additions.
template <int R>
void project(const float* a, int cols, const float* x, float* out) {
    F16 sum[R];
    for (int r = 0; r < R; ++r) sum[r] = zero();
    for (int c = 0; c < cols; c += kLanes)
        for (int r = 0; r < R; ++r) sum[r] = load(a + size_t(r) * cols + c) * load(x + c) + sum[r];
    for (int r = 0; r < R; ++r) out[r] = total_of(sum[r]);
}

// y[first_row:] += b' (a x), for one token
void adapt(const Adapter& lora, const float* x, int cols, float* y) {
    if (!lora.a) return;
    static thread_local std::vector<float> low;
    low.resize(lora.rank);
    int rank = 0;
    for (; rank + 8 <= lora.rank; rank += 8) project<8>(lora.a + size_t(rank) * cols, cols, x, &low[rank]);
    for (; rank < lora.rank; ++rank) project<1>(lora.a + size_t(rank) * cols, cols, x, &low[rank]);
    for (int row = 0; row < lora.rows; row += kLanes) {
        F16 sum = load(y + lora.first_row + row);
        for (int r = 0; r < lora.rank; ++r) sum = load(lora.b + size_t(r) * lora.rows + row) * low[r] + sum;
        store(y + lora.first_row + row, sum);
    }
}

// -- attention -------------------------------------------------------------------------------------------------------

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
            prefetch<4 * kLanes>(keys + kAhead);
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
        prefetch<D * kLanes * 2>(from + kAhead);
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

// -- a layer ---------------------------------------------------------------------------------------------------------

void normalise(const float* x, const float* weight, int width, float epsilon, float* out) {
    F16 squares = zero();
    for (int i = 0; i < width; i += kLanes) squares = load(x + i) * load(x + i) + squares;
    const float factor = 1.0f / std::sqrt(total_of(squares) / float(width) + epsilon);
    for (int i = 0; i < width; i += kLanes) store(out + i, load(x + i) * factor * load(weight + i));
}

void add(float* to, const float* what, int width) {
    for (int i = 0; i < width; i += kLanes) store(to + i, load(to + i) + load(what + i));
}

void rotate(float* head, int dim, const float* cosine, const float* sine) {
    const int half = dim / 2;
    for (int i = 0; i < half; ++i) {
        const float a = head[i], b = head[half + i];
        head[i] = a * cosine[i] - b * sine[i];
        head[half + i] = b * cosine[i] + a * sine[i];
    }
}

void gate(const float* gate_up, int inner, float* out) {
    for (int i = 0; i < inner; i += kLanes) {
        const F16 x = load(gate_up + i);
        store(out + i, x / (exponential(-x) + 1.0f) * load(gate_up + inner + i));
    }
}

struct Workspace {
    std::vector<float> normed, wide, read, inner;
    Rounded rounded;
};

// Rotate one token's queries and keys, and put its keys and values into the cache.
void remember(const Model& model, const Cache& cache, int position, float* row) {
    const int dim = model.head_dim, queries = model.heads * dim, keys = model.kv_heads * dim;
    const size_t angles = size_t(position) * (dim / 2);
    for (int h = 0; h < model.heads + model.kv_heads; ++h)
        rotate(row + h * dim, dim, model.cosine + angles, model.sine + angles);
    const size_t place = cache.extra + position, tile = place / kLanes * kLanes;
    for (int h = 0; h < model.kv_heads; ++h) {
        uint16_t key[kLanes], *column = cache.keys + (h * cache.room + tile) * dim + place % kLanes;
        uint16_t* value = cache.values + (h * cache.room + place) * dim;
        for (int i = 0; i < dim; i += kLanes) {
            store_half(key, load(row + queries + h * dim + i));
            for (int lane = 0; lane < kLanes; ++lane) column[(i + lane) * kLanes] = key[lane];
            store_half(value + i, load(row + queries + keys + h * dim + i));
        }
    }
}

void run_layer(const Model& model, const Layer& layer, const Adapters* lora, const Cache& cache, int tokens, int before,
               float* states, bool keys_only, bool precise, int threads, Workspace& work) {
    const int hidden = model.hidden, queries = model.heads * model.head_dim, planes = precise ? 2 : 1;
    const int64_t wide = padded(layer.qkv.rows), out = padded(hidden), inner = padded(2 * model.inner);
    work.normed.resize(size_t(tokens) * hidden);
    work.read.resize(size_t(tokens) * std::max<int64_t>(queries, out));
    work.wide.resize(size_t(tokens) * std::max(wide, inner));
    work.inner.resize(size_t(tokens) * model.inner);
    const auto each_token = [&](auto&& step) { pool().run(threads, tokens, step); };
    const auto state = [&](int t) { return states + size_t(t) * hidden; };
    const auto normed = [&](int t) { return work.normed.data() + size_t(t) * hidden; };
    const auto read = [&](int t) { return work.read.data() + size_t(t) * queries; };
    const auto inside = [&](int t) { return work.inner.data() + size_t(t) * model.inner; };
    const auto product = [&](int t, int64_t stride) { return work.wide.data() + t * stride; };

    work.rounded.resize(tokens, hidden, 2);
    each_token([&](int t) {
        normalise(state(t), layer.attention_norm, hidden, model.epsilon, normed(t));
        work.rounded.take(t, normed(t));
    });
    multiply(layer.qkv, work.rounded, work.wide.data(), threads);
    each_token([&](int t) {
        if (lora)
            for (const Adapter* one : {&lora->q, &lora->k, &lora->v}) adapt(*one, normed(t), hidden, product(t, wide));
        remember(model, cache, before + t, product(t, wide));
    });
    if (keys_only) return;

    const int asking = tokens * (model.heads / model.kv_heads), parts = (asking + kTogether - 1) / kTogether;
    pool().run(threads, model.kv_heads * parts, [&](int part) {
        const int first = part % parts * kTogether, count = std::min(kTogether, asking - first);
        attend(model, cache, part / parts, first, count, before, work.wide.data(), wide, work.read.data());
    });
    work.rounded.resize(tokens, queries, planes);
    each_token([&](int t) { work.rounded.take(t, read(t)); });
    multiply(layer.out, work.rounded, work.wide.data(), threads);
    work.rounded.resize(tokens, hidden, planes);
    each_token([&](int t) {
        if (lora) adapt(lora->out, read(t), queries, product(t, out));
        add(state(t), product(t, out), hidden);
        normalise(state(t), layer.mlp_norm, hidden, model.epsilon, normed(t));
        work.rounded.take(t, normed(t));
    });

    multiply(layer.gate_up, work.rounded, work.wide.data(), threads);
    work.rounded.resize(tokens, model.inner, planes);
    each_token([&](int t) {
        if (lora)
            for (const Adapter* one : {&lora->gate, &lora->up}) adapt(*one, normed(t), hidden, product(t, inner));
        gate(product(t, inner), model.inner, inside(t));
        work.rounded.take(t, inside(t));
    });
    multiply(layer.down, work.rounded, work.wide.data(), threads);
    each_token([&](int t) {
        if (lora) adapt(lora->down, inside(t), model.inner, product(t, out));
        add(state(t), product(t, out), hidden);
    });
}

}  // namespace

extern "C" {

// Have `tokens` states [tokens, hidden] that stand behind `before` others go through layers first to last - 1 in place.
// With keys_only the last of these leaves its keys and values and computes nothing further. Without precise, activations
// have 8 bits instead of 15, but for those that become queries, keys and values.
void sovl_forward(const Model* model, int32_t first, int32_t last, int32_t tokens, int32_t before, float* states,
                  const Cache* caches, const Adapters* lora, int32_t keys_only, int32_t precise, int32_t threads) {
    static thread_local Workspace work;
    for (int32_t layer = first; layer < last; ++layer)
        run_layer(*model, model->stack[layer], lora ? lora + layer : nullptr, caches[layer], tokens, before, states,
                  keys_only && layer == last - 1, precise, threads, work);
}

// Final normed states [tokens, hidden] of states that left the last layer; logits unless null, [tokens, vocabulary
// rounded up to whole tiles].
void sovl_finish(const Model* model, int32_t tokens, const float* states, float* normed, float* logits,
                 int32_t threads) {
    static thread_local Rounded rounded;
    rounded.resize(tokens, model->hidden, 2);
    for (int t = 0; t < tokens; ++t) {
        float* own = normed + size_t(t) * model->hidden;
        normalise(states + size_t(t) * model->hidden, model->norm, model->hidden, model->epsilon, own);
        if (logits) rounded.take(t, own);
    }
    if (logits) multiply(model->head, rounded, logits, threads);
}

}  // extern "C"
