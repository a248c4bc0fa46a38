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
#include <vector>

#include "lanes.h"
#include "pool.h"

namespace {

constexpr int kRows = 16;     // rows of a tile
constexpr int kBlock = 32;    // columns of a block
constexpr int kGroups = 8;    // groups of four columns in a block
constexpr int kTokens = 8;    // tokens that share one unpacking of the weights
constexpr int kPortion = 4;   // tiles that a thread takes at once for a single token
constexpr int kHeads = 4;     // heads that share one pass over the keys and values
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

struct Cache {  // one layer's keys and values in half precision, [kv_heads, room, head_dim]
    uint16_t *keys, *values;
    int64_t room;
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
            const I16 sum = dot<Bits, Planes>(group, &x.integers[at * kBlock * Planes], -w.offset * x.total[at]);
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

// Scores of H heads against one tile of 16 keys [dim, 16].
template <int H>
void score_tile(const float* keys, int dim, const float* const* queries, float* const* scores, int at) {
    F16 sum[H];
    for (int h = 0; h < H; ++h) sum[h] = zero();
    for (int i = 0; i < dim; ++i) {
        const F16 key = load(keys + i * kLanes);
        for (int h = 0; h < H; ++h) sum[h] = key * queries[h][i] + sum[h];
    }
    for (int h = 0; h < H; ++h) store(scores[h] + at, sum[h]);
}

// Sixteen x D channels of what H heads read: the values weighted by their shares.
template <int H, int D>
void read_values(const uint16_t* values, int dim, int length, const float* const* shares, float* const* out,
                 int channel) {
    F16 sum[H][D];
    for (int h = 0; h < H; ++h) for (int i = 0; i < D; ++i) sum[h][i] = zero();
    for (int p = 0; p < length; ++p) {
        const uint16_t* row = values + size_t(p) * dim + channel;
        for (int i = 0; i < D; ++i) {
            const F16 value = load_half(row + i * kLanes);
            for (int h = 0; h < H; ++h) sum[h][i] = value * shares[h][p] + sum[h][i];
        }
    }
    for (int h = 0; h < H; ++h) for (int i = 0; i < D; ++i) store(out[h] + channel + i * kLanes, sum[h][i]);
}

template <int H>
void read_heads(const uint16_t* values, int dim, int length, const float* const* shares, float* const* out) {
    int channel = 0;
    for (; channel + 4 * kLanes <= dim; channel += 4 * kLanes)
        read_values<H, 4>(values, dim, length, shares, out, channel);
    for (; channel < dim; channel += kLanes) read_values<H, 1>(values, dim, length, shares, out, channel);
}

void softmax(float* scores, int length, int extra, const float* bias, float scale) {
    const int whole = (length + kLanes - 1) / kLanes * kLanes;
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
    const float inverse = 1.0f / total_of(sum);
    for (int p = 0; p < whole; p += kLanes) store(scores + p, load(scores + p) * inverse);
}

// Attention of `tokens` queries [tokens, stride] that stand behind `before` tokens; heads of one key-value head.
void attend(const Model& model, const Cache& cache, int kv_head, int tokens, int before, const float* queries,
            int64_t stride, float* out) {
    const int dim = model.head_dim, group = model.heads / model.kv_heads;
    const int most = cache.extra + before + tokens, tiles = (most + kLanes - 1) / kLanes;
    const uint16_t* keys = cache.keys + size_t(kv_head) * cache.room * dim;
    const uint16_t* values = cache.values + size_t(kv_head) * cache.room * dim;
    const float scale = 1.0f / std::sqrt(float(dim));
    static thread_local std::vector<float> tile, scores;
    tile.resize(size_t(dim) * kLanes);
    const size_t row = size_t(tiles) * kLanes;
    scores.resize(row * tokens * group);
    for (int at = 0; at < tiles; ++at) {
        transpose_keys(keys + size_t(at) * kLanes * dim, dim, std::min(kLanes, most - at * kLanes), tile.data());
        const int first = std::max(0, at * kLanes - cache.extra - before);  // token that sees one of these keys
        for (int t = first; t < tokens; ++t) {
            for (int h = 0; h < group; h += kHeads) {
                const float* q[kHeads];
                float* s[kHeads];
                const int count = std::min(kHeads, group - h);
                for (int i = 0; i < count; ++i) {
                    q[i] = queries + t * stride + (kv_head * group + h + i) * dim;
                    s[i] = scores.data() + (size_t(t) * group + h + i) * row;
                }
                switch (count) {
                    case 1: score_tile<1>(tile.data(), dim, q, s, at * kLanes); break;
                    case 2: score_tile<2>(tile.data(), dim, q, s, at * kLanes); break;
                    case 3: score_tile<3>(tile.data(), dim, q, s, at * kLanes); break;
                    default: score_tile<4>(tile.data(), dim, q, s, at * kLanes);
                }
            }
        }
    }
    for (int t = 0; t < tokens; ++t) {
        const int length = cache.extra + before + t + 1;
        for (int h = 0; h < group; h += kHeads) {
            const float* s[kHeads];
            float* o[kHeads];
            const int count = std::min(kHeads, group - h);
            for (int i = 0; i < count; ++i) {
                float* own = scores.data() + (size_t(t) * group + h + i) * row;
                softmax(own, length, cache.extra, cache.bias, scale);
                s[i] = own;
                o[i] = out + (size_t(t) * model.heads + kv_head * group + h + i) * dim;
            }
            switch (count) {
                case 1: read_heads<1>(values, dim, length, s, o); break;
                case 2: read_heads<2>(values, dim, length, s, o); break;
                case 3: read_heads<3>(values, dim, length, s, o); break;
                default: read_heads<4>(values, dim, length, s, o);
            }
        }
    }
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
    for (int h = 0; h < model.kv_heads; ++h) {
        const size_t place = (size_t(h) * cache.room + cache.extra + position) * dim;
        for (int i = 0; i < dim; i += kLanes) {
            store_half(cache.keys + place + i, load(row + queries + h * dim + i));
            store_half(cache.values + place + i, load(row + queries + keys + h * dim + i));
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

    pool().run(threads, model.kv_heads, [&](int h) {
        attend(model, cache, h, tokens, before, work.wide.data(), wide, work.read.data());
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
