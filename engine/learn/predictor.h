/// @file predictor.h
/// A model laid out for predicting many rows, in blocks.
#ifndef LNT_LEARN_PREDICTOR_H
#define LNT_LEARN_PREDICTOR_H

#include "base/engine.h"
#include "learn/dataset.h"
#include "learn/model.h"
#include "learn/ways.h"

/// What a leaf of a tree that stands alone says.
typedef struct lnt_answer {
    uint32_t label;
    float share;
} lnt_answer;

typedef struct lnt_predictor {
    lnt_engine *engine;     ///< whose switch is looked at between trees
    const lnt_model *model; ///< borrowed
    int64_t block;          ///< the most rows that are predicted together: their shares stay near the processor
    int64_t *columns;       ///< by feature: where a block's codes of it start, in bytes; NULL: rows are side by side
    int64_t row_bytes;      ///< of codes
    int64_t said;           ///< where what some trees say lies behind a block's shares; 0: trees are asked one by one
    int64_t row_step, class_step; ///< shares of a row and the next one's, of a class and the next one's
    lnt_ways *trees;
    lnt_answer *answers;  ///< by node of a tree alone, laid out for many rows; NULL: shares are to be looked through
    bool *by_masks;       ///< by tree: whether it is asked by masks, which each block makes anew, and not laid out
    lnt_buffer **planes;  ///< by tree, with columns: lnt_planes; NULL: each block makes them anew
    lnt_status *statuses; ///< by tree, while they are laid out
    lnt_error *errors;
} lnt_predictor;

/// For about `n_rows` rows: for few, trees are walked as they are. Lays trees out on all threads. `by_rows`: whether a
/// block's codes are to lie row by row (uint16_t each) in any case; else lnt_predictor_encode puts them where they
/// belong.
LNT_MUST_USE lnt_status lnt_predictor_init(lnt_engine *engine, const lnt_model *model, int64_t n_rows, bool by_rows,
                                           lnt_predictor *out, lnt_error *err);
void lnt_predictor_clear(lnt_predictor *predictor);

/// How many bytes of codes and how many shares a block has, with what is put down behind them.
static inline int64_t lnt_predictor_code_bytes(const lnt_predictor *p) {
    return p->block * p->row_bytes;
}
int64_t lnt_predictor_n_shares(const lnt_predictor *predictor);

/// The codes of rows [start, start + n), n <= block, as the functions below want them.
LNT_MUST_USE lnt_status lnt_predictor_encode(lnt_engine *engine, const lnt_predictor *predictor,
                                             const lnt_encoder *encoders, int64_t start, int64_t n, void *codes,
                                             lnt_error *err);
/// The shares of `n` <= block rows: probabilities of the classes; of a regression the values.
LNT_MUST_USE lnt_status lnt_predictor_ask(const lnt_predictor *predictor, const void *codes, int64_t n, float *shares,
                                          lnt_error *err);
/// The same, but the class with the greatest share of each row, the first of equals, and that share; `shares` is
/// scratch.
LNT_MUST_USE lnt_status lnt_predictor_name(const lnt_predictor *predictor, const void *codes, int64_t n, float *shares,
                                           uint32_t *labels, float *best, lnt_error *err);
/// The class with the greatest share of each row, the first of equals, and that share.
void lnt_predictor_best(const lnt_predictor *predictor, const float *shares, int64_t n, uint32_t *labels, float *best);

#endif
