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
#include <initializer_list>
#include <vector>

#include "attention.h"
#include "matrix.h"
#include "lanes.h"
#include "model.h"
#include "pool.h"

namespace {

// Products of R rows of a matrix [rows, cols] with T tokens, to out [T, rank].
template <int R, int T>
void project(const float* a, int cols, const float* x, int64_t x_stride, float* out, int rank) {
    F16 sum[R][T];
    for (int r = 0; r < R; ++r) for (int t = 0; t < T; ++t) sum[r][t] = zero();
    for (int c = 0; c < cols; c += kLanes) {
        F16 own[T];
        for (int t = 0; t < T; ++t) own[t] = load(x + t * x_stride + c);
        for (int r = 0; r < R; ++r) {
            const F16 row = load(a + size_t(r) * cols + c);
            for (int t = 0; t < T; ++t) sum[r][t] = row * own[t] + sum[r][t];
        }
    }
    for (int r = 0; r < R; ++r) for (int t = 0; t < T; ++t) out[t * rank + r] = total_of(sum[r][t]);
}

// y[token, first_row:] += b' (a x[token]), for T tokens
template <int T>
void adapt_some(const Adapter& lora, int cols, const float* x, int64_t x_stride, float* y, int64_t y_stride) {
    static thread_local std::vector<float> low;
    low.resize(size_t(T) * lora.rank);
    int rank = 0;
    for (; rank + 4 <= lora.rank; rank += 4)
        project<4, T>(lora.a + size_t(rank) * cols, cols, x, x_stride, &low[rank], lora.rank);
    for (; rank < lora.rank; ++rank)
        project<1, T>(lora.a + size_t(rank) * cols, cols, x, x_stride, &low[rank], lora.rank);
    for (int row = 0; row < lora.rows; row += kLanes) {
        float* into = y + lora.first_row + row;
        F16 sum[T];
        for (int t = 0; t < T; ++t) sum[t] = load(into + t * y_stride);
        for (int r = 0; r < lora.rank; ++r) {
            const F16 column = load(lora.b + size_t(r) * lora.rows + row);
            for (int t = 0; t < T; ++t) sum[t] = column * low[t * lora.rank + r] + sum[t];
        }
        for (int t = 0; t < T; ++t) store(into + t * y_stride, sum[t]);
    }
}

// What some adapters add to the products y [tokens, y_stride] of x [tokens, cols].
void adapt(std::initializer_list<const Adapter*> adapters, int tokens, int cols, const float* x, float* y,
           int64_t y_stride, int threads) {
    constexpr int kShared = 4;  // tokens that share one pass over an adapter
    pool().run(threads, (tokens + kShared - 1) / kShared, [&](int part) {
        const int first = part * kShared, end = std::min(tokens, first + kShared);
        for (const Adapter* lora : adapters) {
            if (!lora->a) continue;
            int t = first;
            if (end - t == kShared)
                adapt_some<kShared>(*lora, cols, x + size_t(t) * cols, cols, y + t * y_stride, y_stride), t = end;
            for (; t < end; ++t) adapt_some<1>(*lora, cols, x + size_t(t) * cols, cols, y + t * y_stride, y_stride);
        }
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

constexpr int kPart = 8;  // tokens that a thread takes at once where there is little to do for each

struct Workspace {
    std::vector<float> normed, wide, read, inner;
    std::vector<Asking> asking;
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
    const auto each_token = [&](auto&& step) {
        pool().run(threads, (tokens + kPart - 1) / kPart, [&](int part) {
            for (int t = part * kPart; t < std::min(tokens, (part + 1) * kPart); ++t) step(t);
        });
    };
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
    multiply(layer.qkv, work.rounded, work.wide.data(), threads, precise ? 0 : queries);
    if (lora) adapt({&lora->q, &lora->k, &lora->v}, tokens, hidden, normed(0), product(0, wide), wide, threads);
    *cache.shrunk = std::min(*cache.shrunk, (cache.extra + before) / kBlock);
    each_token([&](int t) { remember(model, cache, before + t, product(t, wide)); });
    if (keys_only) return;

    shrink(model, cache, far_behind(cache.extra + before + tokens - 1, model.head_dim), threads);
    divide(model, cache, tokens, before, work.asking);
    const int parts = int(work.asking.size());
    pool().run(threads, model.kv_heads * parts, [&](int part) {
        const Asking& asking = work.asking[part % parts];
        attend(model, cache, part / parts, asking, before, work.wide.data(), wide, work.read.data());
    });
    work.rounded.resize(tokens, queries, planes);
    each_token([&](int t) { work.rounded.take(t, read(t)); });
    multiply(layer.out, work.rounded, work.wide.data(), threads);
    if (lora) adapt({&lora->out}, tokens, queries, read(0), product(0, out), out, threads);
    work.rounded.resize(tokens, hidden, planes);
    each_token([&](int t) {
        add(state(t), product(t, out), hidden);
        normalise(state(t), layer.mlp_norm, hidden, model.epsilon, normed(t));
        work.rounded.take(t, normed(t));
    });

    multiply(layer.gate_up, work.rounded, work.wide.data(), threads);
    if (lora) adapt({&lora->gate, &lora->up}, tokens, hidden, normed(0), product(0, inner), inner, threads);
    work.rounded.resize(tokens, model.inner, planes);
    each_token([&](int t) {
        gate(product(t, inner), model.inner, inside(t));
        work.rounded.take(t, inside(t));
    });
    multiply(layer.down, work.rounded, work.wide.data(), threads);
    if (lora) adapt({&lora->down}, tokens, model.inner, inside(0), product(0, out), out, threads);
    each_token([&](int t) { add(state(t), product(t, out), hidden); });
}

}  // namespace

extern "C" {

// Have `tokens` states [tokens, hidden] that stand behind `before` others go through layers first to last - 1 in place.
// With keys_only the last of these leaves its keys and values and computes nothing further. Without precise, activations
// have 8 bits instead of 15, but for those that become keys and values.
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
