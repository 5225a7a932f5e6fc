/// @file key_hash.c
/// Hashes of key values, by content: vectors of one column may have codes in one batch and texts in the next.
#include "exec/key_hash.h"

#include "base/hash.h"
#include "exec/key_words.h"

enum { NULL_HASH = 0x51 };

static uint64_t hash_at(const lnt_vec *vec, int64_t row) {
    if (vec->type == LNT_NULL || !lnt_vec_is_valid(vec, row)) return NULL_HASH;
    if (vec->type == LNT_STRING) {
        lnt_str text = lnt_vec_str(vec, row);
        return lnt_hash_bytes(text.data, text.size);
    }
    int64_t at = vec->form == LNT_FORM_CONSTANT ? 0 : row;
    switch (vec->type) {
    case LNT_BOOL:
        return lnt_hash_u64(((const uint8_t *)vec->data)[at] != 0);
    case LNT_FLOAT:
        return lnt_hash_u64(lnt__float_bits(((const double *)vec->data)[at]));
    case LNT_IP: {
        lnt_ip ip = ((const lnt_ip *)vec->data)[at];
        return lnt_hash_combine(lnt_hash_u64(ip.hi), ip.lo);
    }
    default:
        return lnt_hash_u64(((const uint64_t *)vec->data)[at]);
    }
}

void lnt__hash_keys(const lnt_vec *keys, int64_t n_keys, int64_t n, uint64_t *hashes) {
    for (int64_t i = 0; i < n; i++) hashes[i] = 0;
    for (int64_t k = 0; k < n_keys; k++)
        for (int64_t i = 0; i < n; i++) hashes[i] = lnt_hash_combine(hashes[i], hash_at(&keys[k], i));
}
