// What the kernel is given, as binding.py declares it.

#pragma once

#include <cstdint>

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

// One layer's, in half precision. Of positions far behind, whole blocks of 32 are kept in 8 bits as well: as matrices
// with an offset of 128, as packing.py lays them out, each block with its scales.
struct Cache {
    uint16_t* keys;    // [kv_heads, room / 16, head_dim, 16]: as many positions as there are lanes side by side
    uint16_t* values;  // [kv_heads, room, head_dim]
    int64_t room;      // in whole blocks
    int32_t extra;      // positions in front that belong to no token
    const float* bias;  // what is added to their scores, [extra]
    uint8_t* small_keys;     // [kv_heads, room / 16, head_dim / 32, 512]
    uint16_t* key_scales;    // [kv_heads, room / 16, head_dim / 32, 16]
    uint8_t* small_values;   // [kv_heads, head_dim / 16, room / 32, 512]
    uint16_t* value_scales;  // [kv_heads, head_dim / 16, room / 32, 16]
    int32_t* shrunk;         // for how many blocks that was done
};

}  // extern "C"
