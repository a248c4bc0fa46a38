// Products of packed matrices with activations that are rounded to integers, block by block of 32.
//
// Sixteen rows of a matrix make a tile. What a tile says of a token has the same bits whichever tiles and tokens are
// computed together with it.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lanes.h"
#include "model.h"
#include "pool.h"

namespace {

constexpr int kRows = 16;    // rows of a tile
constexpr int kBlock = 32;   // columns of a block
constexpr int kTokens = 4;   // tokens that share one unpacking of the weights
constexpr int kTiles = 3;    // tiles that share one fetching of several tokens' activations: with four there are no
                              // registers left
constexpr int kPortion = 4;  // tiles that a thread takes at once for a single token

// -- activations as integers ------------------------------------------------------------------------------------------

// Of some tokens the rounded activations lie together, block after block: that is how a tile of weights meets them,
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

// -- matrices ---------------------------------------------------------------------------------------------------------

// R tiles times T tokens. Of integers in two planes the high one alone will do: that is
// rounding to 8 bits. A matrix may have more columns than there are activations.
template <int Bits, bool Min, int Planes, int R, int T>
void multiply_tiles(const Matrix& w, int tile, const Rounded& x, int token, float* y, int64_t stride) {
    constexpr int kBytes = kRows * kBlock * Bits / 8;
    const bool coarse = Planes < x.planes;
    const size_t row = w.cols / kBlock, apart = row * kBytes, scales = row * kRows;
    const uint8_t* q = w.q + tile * apart;
    const uint16_t* d = w.d + tile * scales;
    const uint16_t* m = Min ? w.m + tile * scales : nullptr;
    const int passes = (x.tokens + kTokens - 1) / kTokens;
    const size_t ahead = passes == 1 ? kAhead : R * apart;
    const size_t scales_ahead = passes == 1 ? kAhead / kBytes * kRows : R * scales;
    F16 result[R][T];
    for (int r = 0; r < R; ++r) for (int t = 0; t < T; ++t) result[r][t] = zero();
    for (int b = 0; b < x.blocks; ++b, q += kBytes, d += kRows, m += Min ? kRows : 0) {
        // A few tokens wait for their weights. Of many, each fetches its share of what comes behind these tiles.
        if (passes == 1 || b % passes == token / kTokens)
            for (int r = 0; r < R; ++r) {
                prefetch<kBytes>(q + r * apart + ahead);
                prefetch<kRows * 2>(d + r * scales + scales_ahead);
                if (Min) prefetch<kRows * 2>(m + r * scales + scales_ahead);
            }
        const size_t cell = x.cell(token, b);
        I16 sums[R][T];
        dot<Bits, Planes>(q, apart, &x.integers[cell * kBlock * x.planes], x.planes, sums);
        for (int r = 0; r < R; ++r) {
            const F16 step = load_half(d + r * scales), scale = coarse ? step * 256.0f : step;
            const F16 minimum = Min ? load_half(m + r * scales) : step * float(-w.offset);
            for (int t = 0; t < T; ++t) {
                const size_t at = cell + t;
                const int32_t start = Min || coarse ? 0 : -w.offset * x.total[at];  // with minima there is no offset
                result[r][t] = to_float(sums[r][t] + start) * scale * x.scale[at] + result[r][t];
                if (Min || coarse) result[r][t] = minimum * x.sum[at] + result[r][t];
            }
        }
    }
    for (int r = 0; r < R; ++r)
        for (int t = 0; t < T; ++t) store(y + (token + t) * stride + (tile + r) * kRows, result[r][t]);
}

template <int Bits, bool Min, int Planes, int R>
void multiply_all(const Matrix& w, int tile, const Rounded& x, float* y, int64_t stride) {
    for (int token = 0; token < x.tokens; token += kTokens) {
        const int count = std::min(kTokens, x.tokens - token);
        if (count == 4) multiply_tiles<Bits, Min, Planes, R, 4>(w, tile, x, token, y, stride);
        else if (count == 3) multiply_tiles<Bits, Min, Planes, R, 3>(w, tile, x, token, y, stride);
        else if (count == 2) multiply_tiles<Bits, Min, Planes, R, 2>(w, tile, x, token, y, stride);
        else multiply_tiles<Bits, Min, Planes, R, 1>(w, tile, x, token, y, stride);
    }
}

template <int Bits, bool Min, int Planes>
void multiply_some(const Matrix& w, int first, int last, const Rounded& x, float* y, int64_t stride) {
    int tile = first;
    if (x.tokens > 1)
        for (; tile + kTiles <= last; tile += kTiles) multiply_all<Bits, Min, Planes, kTiles>(w, tile, x, y, stride);
    for (; tile < last; ++tile) multiply_all<Bits, Min, Planes, 1>(w, tile, x, y, stride);
}

// Tiles `first` to `last` - 1 of y [tokens, stride].
template <int Planes>
void multiply_in(const Matrix& w, int first, int last, const Rounded& x, float* y, int64_t stride) {
    if (w.bits == 4 && w.m) multiply_some<4, true, Planes>(w, first, last, x, y, stride);
    else if (w.bits == 4) multiply_some<4, false, Planes>(w, first, last, x, y, stride);
    else if (w.m) multiply_some<8, true, Planes>(w, first, last, x, y, stride);
    else multiply_some<8, false, Planes>(w, first, last, x, y, stride);
}

int padded(int rows) { return (rows + kRows - 1) / kRows * kRows; }

// y[token, :] = W x[token], rows padded to whole tiles. For the first `coarse` rows 8 bits of x are enough.
void multiply(const Matrix& w, const Rounded& x, float* y, int threads, int coarse = 0) {
    const int64_t stride = padded(w.rows);
    const int tiles = int(stride / kRows), portion = x.tokens > 1 ? kTiles : kPortion;
    pool().run(threads, (tiles + portion - 1) / portion, [&](int part) {
        const int first = part * portion, last = std::min(tiles, first + portion);
        const int fine = x.planes == 1 ? last : std::clamp(coarse / kRows, first, last);
        multiply_in<1>(w, first, fine, x, y, stride);
        if (fine < last) multiply_in<2>(w, fine, last, x, y, stride);
    });
}

}  // namespace
