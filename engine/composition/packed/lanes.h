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

struct Weights {
    __m512i bytes;  // 16 rows x 4 columns
};

inline F16 load_half(const uint16_t* x) { return (F16)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)x)); }

inline void store_half(uint16_t* x, F16 v) {
    _mm256_storeu_si256((__m256i*)x, _mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

template <int Bits>
inline void unpack(const uint8_t* q, Weights* group) {
    if (Bits == 8) {
        for (int i = 0; i < 8; ++i) group[i].bytes = _mm512_loadu_si512(q + 64 * i);
        return;
    }
    const __m512i low = _mm512_set1_epi8(15);
    for (int i = 0; i < 4; ++i) {
        const __m512i both = _mm512_loadu_si512(q + 64 * i);
        group[2 * i].bytes = _mm512_and_si512(both, low);
        group[2 * i + 1].bytes = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
    }
}

inline __m512i four(const int8_t* x) {
    int32_t v;
    std::memcpy(&v, x, sizeof v);
    return _mm512_set1_epi32(v);
}

// 16 rows of a block times one block of activations, plus `start`.
template <int Bits, int Planes>
inline I16 dot(const Weights* group, const int8_t* x, int32_t start) {
    if (Planes == 1) {
        __m512i sum = _mm512_set1_epi32(start);
        for (int i = 0; i < 8; ++i) sum = _mm512_dpbusd_epi32(sum, group[i].bytes, four(x + 4 * i));
        return (I16)sum;
    }
    __m512i sum = _mm512_setzero_si512();
    for (int i = 0; i < 8; ++i) sum = _mm512_dpbusd_epi32(sum, group[i].bytes, four(x + 4 * i));
    sum = _mm512_add_epi32(_mm512_slli_epi32(sum, 8), _mm512_set1_epi32(start));
    for (int i = 0; i < 8; ++i) sum = _mm512_dpbusd_epi32(sum, group[i].bytes, four(x + 32 + 4 * i));
    return (I16)sum;
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

template <int Bits, int Planes>
inline I16 dot(const Weights* group, const int8_t* x, int32_t start) {
    I16 result;
    for (int half = 0; half < 2; ++half) {
        __m256i sum = dot_plane<Bits>(group, half, x);
        if (Planes == 2) sum = _mm256_add_epi32(_mm256_slli_epi32(sum, 8), dot_plane<Bits>(group, half, x + 32));
        sum = _mm256_add_epi32(sum, _mm256_set1_epi32(start));
        std::memcpy((char*)&result + half * sizeof sum, &sum, sizeof sum);
    }
    return result;
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

}  // namespace
