// Sixteen lanes: what the kernel needs of the processor, with AVX-512 and VNNI, or with AVX2.

#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)
#define SOVL_AVX512 1
#elif !defined(__AVX2__) || !defined(__FMA__) || !defined(__F16C__)
#error "the kernel needs AVX-512 with VNNI, or AVX2 with FMA and F16C"
#endif

#include <immintrin.h>

namespace {

constexpr int kLanes = 16;
constexpr int kAhead = 4096;  // bytes by which memory is fetched before it is needed
constexpr float kRounding = 12582912.0f;  // 1.5 * 2^23: added and taken away again, it rounds to the nearest integer

typedef float F16 __attribute__((vector_size(64)));
typedef int32_t I16 __attribute__((vector_size(64)));

inline F16 zero() { return F16{}; }
inline F16 splat(float x) { return F16{} + x; }

inline F16 load(const float* x) {
    F16 v;
    std::memcpy(&v, x, sizeof v);
    return v;
}

inline void store(float* x, F16 v) { std::memcpy(x, &v, sizeof v); }

inline F16 to_float(I16 v) { return __builtin_convertvector(v, F16); }

inline F16 higher(F16 a, F16 b) { return a > b ? a : b; }

template <int Bytes>
inline void prefetch(const void* from) {
    for (int i = 0; i < Bytes; i += 64) __builtin_prefetch((const char*)from + i);
}

inline float total_of(F16 v) {  // always in the same order
    float x[kLanes];
    store(x, v);
    for (int step = kLanes / 2; step; step /= 2)
        for (int i = 0; i < step; ++i) x[i] += x[i + step];
    return x[0];
}

inline int32_t total_of(I16 v) {
#ifdef SOVL_AVX512
    return _mm512_reduce_add_epi32((__m512i)v);
#else
    int32_t x[kLanes], total = 0;
    std::memcpy(x, &v, sizeof x);
    for (int i = 0; i < kLanes; ++i) total += x[i];
    return total;
#endif
}

inline float highest_of(F16 v) {
#ifdef SOVL_AVX512
    return _mm512_reduce_max_ps((__m512)v);
#else
    float x[kLanes];
    store(x, v);
    for (int step = kLanes / 2; step; step /= 2)
        for (int i = 0; i < step; ++i) x[i] = x[i] > x[i + step] ? x[i] : x[i + step];
    return x[0];
#endif
}

// e^x to within two units in the last place (Cephes' polynomial); 0 below -87.
inline F16 exponential(F16 x) {
    const F16 low = splat(-87.33654f), high = splat(88.0f);
    const I16 vanishes = x < low;
    x = x < low ? low : x;
    x = x > high ? high : x;
    const F16 n = (x * 1.44269504f + kRounding) - kRounding;
    const F16 r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    F16 p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    const I16 power = (__builtin_convertvector(n, I16) + 127) << 23;
    F16 scale;
    std::memcpy(&scale, &power, sizeof scale);
    return vanishes ? zero() : p * scale;
}

#ifdef SOVL_AVX512

inline F16 load_half(const uint16_t* x) { return (F16)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)x)); }

inline void store_half(uint16_t* x, F16 v) {
    _mm256_storeu_si256((__m256i*)x, _mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

// Two of the eight groups of a block, 16 rows x 4 columns each.
template <int Bits>
inline void unpack(const uint8_t* q, int pair, __m512i* groups) {
    if (Bits == 8) {
        for (int i = 0; i < 2; ++i) groups[i] = _mm512_loadu_si512(q + 64 * (2 * pair + i));
        return;
    }
    const __m512i both = _mm512_loadu_si512(q + 64 * pair), low = _mm512_set1_epi8(15);
    groups[0] = _mm512_and_si512(both, low);
    groups[1] = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
}

// The products of R blocks of 16 rows, `apart` bytes from each other, with the same columns of T tokens. Sums wait for
// nobody but themselves: R x T of them are under way, and each activation is fetched once for R blocks.
template <int Bits, int Planes, int R, int T>
inline void dot(const uint8_t* q, size_t apart, const int8_t* x, int planes, I16 (&sums)[R][T]) {
    __m512i sum[R][T];
    for (int r = 0; r < R; ++r) for (int t = 0; t < T; ++t) sum[r][t] = _mm512_setzero_si512();
    for (int plane = 0; plane < Planes; ++plane) {
        if (plane)
            for (int r = 0; r < R; ++r) for (int t = 0; t < T; ++t) sum[r][t] = _mm512_slli_epi32(sum[r][t], 8);
#pragma GCC unroll 4
        for (int pair = 0; pair < 4; ++pair) {
            __m512i groups[R][2];
            for (int r = 0; r < R; ++r) unpack<Bits>(q + r * apart, pair, groups[r]);
#pragma GCC unroll 2
            for (int i = 0; i < 2; ++i)
#pragma GCC unroll 4
                for (int t = 0; t < T; ++t) {
                    int32_t four;
                    std::memcpy(&four, x + 32 * (planes * t + plane) + 8 * pair + 4 * i, sizeof four);
                    const __m512i activations = _mm512_set1_epi32(four);
                    for (int r = 0; r < R; ++r)
                        sum[r][t] = _mm512_dpbusd_epi32(sum[r][t], groups[r][i], activations);
                }
        }
    }
    for (int r = 0; r < R; ++r) for (int t = 0; t < T; ++t) sums[r][t] = (I16)sum[r][t];
}

#else  // AVX2

struct Weights {
    __m256i bytes[2];  // 8 rows x 4 columns each
};

inline F16 joined(__m256 low, __m256 high) {
    F16 v;
    std::memcpy(&v, &low, sizeof low);
    std::memcpy((char*)&v + sizeof low, &high, sizeof high);
    return v;
}

inline F16 load_half(const uint16_t* x) {
    return joined(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)x)),
                  _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(x + 8))));
}

inline void store_half(uint16_t* x, F16 v) {
    for (int i = 0; i < 2; ++i) {
        __m256 half;
        std::memcpy(&half, (const char*)&v + i * sizeof half, sizeof half);
        _mm_storeu_si128((__m128i*)(x + 8 * i), _mm256_cvtps_ph(half, _MM_FROUND_TO_NEAREST_INT));
    }
}

template <int Bits>
inline void unpack(const uint8_t* q, Weights* group) {
    const __m256i low = _mm256_set1_epi8(15);
    for (int i = 0; i < (Bits == 8 ? 8 : 4); ++i)
        for (int half = 0; half < 2; ++half) {
            const __m256i both = _mm256_loadu_si256((const __m256i*)(q + 64 * i + 32 * half));
            if (Bits == 8) {
                group[i].bytes[half] = both;
            } else {
                group[2 * i].bytes[half] = _mm256_and_si256(both, low);
                group[2 * i + 1].bytes[half] = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
            }
        }
}

// Eight rows of weights below 16 times 32 activations: eight times two products fit into 16 bits.
inline __m256i dot_small(const __m256i* weights, const int8_t* x) {
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < 8; ++i) {
        int32_t four;
        std::memcpy(&four, x + 4 * i, sizeof four);
        sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(weights[i], _mm256_set1_epi32(four)));
    }
    return _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
}

template <int Bits>
inline __m256i dot_plane(const Weights* group, int half, const int8_t* x) {
    const __m256i low = _mm256_set1_epi8(15);
    __m256i small[8], large[8];
    for (int i = 0; i < 8; ++i) {
        small[i] = Bits == 8 ? _mm256_and_si256(group[i].bytes[half], low) : group[i].bytes[half];
        if (Bits == 8) large[i] = _mm256_and_si256(_mm256_srli_epi16(group[i].bytes[half], 4), low);
    }
    const __m256i sum = dot_small(small, x);
    return Bits == 4 ? sum : _mm256_add_epi32(sum, _mm256_slli_epi32(dot_small(large, x), 4));
}

// As with AVX-512.
template <int Bits, int Planes, int R, int T>
inline void dot(const uint8_t* q, size_t apart, const int8_t* x, int planes, I16 (&sums)[R][T]) {
    for (int r = 0; r < R; ++r) {
        Weights group[8];
        unpack<Bits>(q + r * apart, group);
        for (int t = 0; t < T; ++t, x += 32 * planes)
            for (int half = 0; half < 2; ++half) {
                __m256i sum = dot_plane<Bits>(group, half, x);
                if (Planes == 2)
                    sum = _mm256_add_epi32(_mm256_slli_epi32(sum, 8), dot_plane<Bits>(group, half, x + 32));
                std::memcpy((char*)&sums[r][t] + half * sizeof sum, &sum, sizeof sum);
            }
        x -= 32 * planes * T;
    }
}

#endif

// 32 activations as signed integers of 8 bits, or of 15 bits in two planes. Returns their sum.
template <int Planes>
inline int32_t round_block(const float* x, int8_t* integers, float* scale) {
    typedef int8_t B16 __attribute__((vector_size(16)));
    const F16 a = load(x), b = load(x + kLanes);
    const float top = highest_of(higher(higher(a, -a), higher(b, -b)));
    const float most = Planes == 1 ? 127.0f : 32512.0f;
    *scale = top / most;
    const float inverse = top > 0.0f ? most / top : 0.0f;
    I16 sum{};
    for (int i = 0; i < 2; ++i) {
        const F16 nearest = ((i ? b : a) * inverse + kRounding) - kRounding;
        const I16 v = __builtin_convertvector(nearest, I16);
        sum = sum + v;
        const I16 low = Planes == 1 ? v : ((v + 128) & 255) - 128, high = (v - low) >> 8;
        const B16 first = __builtin_convertvector(Planes == 1 ? low : high, B16);
        const B16 second = __builtin_convertvector(low, B16);
        std::memcpy(integers + i * kLanes, &first, sizeof first);
        if (Planes == 2) std::memcpy(integers + 32 + i * kLanes, &second, sizeof second);
    }
    return total_of(sum);
}

// Sixteen rows of 32 columns in half precision, `apart` from column to column, as a block of 8 bits with offset 128.
inline void shrink_block(const uint16_t* from, size_t apart, uint8_t* integers, uint16_t* scales) {
    F16 top = zero();
    for (int i = 0; i < 32; ++i) {
        const F16 v = load_half(from + i * apart);
        top = higher(top, higher(v, -v));
    }
    store_half(scales, top / 127.0f);
    const F16 scale = load_half(scales), inverse = scale > 0.0f ? 1.0f / scale : zero();
    for (int group = 0; group < 8; ++group) {
        I16 four{};
        for (int i = 0; i < 4; ++i) {
            F16 v = (load_half(from + (4 * group + i) * apart) * inverse + kRounding) - kRounding;
            v = higher(v, splat(-127.0f));
            v = -higher(-v, splat(-127.0f));
            four = four | ((__builtin_convertvector(v, I16) + 128) << (8 * i));
        }
        std::memcpy(integers + 64 * group, &four, sizeof four);
    }
}

}  // namespace
