/// @file evaluators.c
/// Expressions evaluated by several workers: the trees are shared, the memory is each worker's own.
#include "exec/stream.h"

lnt_status lnt__evaluators_init(lnt_evaluators *evaluators, lnt_engine *engine, lnt_bound *const *exprs, int64_t n,
                                lnt_error *err) {
    *evaluators = (lnt_evaluators){.engine = engine, .exprs = exprs, .n = n};
    int n_workers = lnt_engine_n_threads(engine);
    evaluators->by_worker = lnt_alloc_array(n_workers, sizeof *evaluators->by_worker, err);
    if (!evaluators->by_worker) return LNT_NOMEM;
    evaluators->n_workers = n_workers;
    return LNT_OK;
}

void lnt__evaluators_clear(lnt_evaluators *evaluators) {
    for (int w = 0; w < evaluators->n_workers; w++) {
        lnt_evaluator **own = evaluators->by_worker[w];
        for (int64_t i = 0; own && i < evaluators->n; i++) lnt_evaluator_free(own[i]);
        lnt_free(own);
    }
    lnt_free(evaluators->by_worker);
    *evaluators = (lnt_evaluators){0};
}

lnt_status lnt__evaluators_of(lnt_evaluators *evaluators, int worker, lnt_evaluator ***out, lnt_error *err) {
    lnt_evaluator **own = evaluators->by_worker[worker];
    if (own) {
        *out = own;
        return LNT_OK;
    }
    own = lnt_alloc_array(evaluators->n, sizeof *own, err);
    if (!own) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; status == LNT_OK && i < evaluators->n; i++)
        if (evaluators->exprs[i]) status = lnt_evaluator_new(evaluators->engine, evaluators->exprs[i], &own[i], err);
    if (status != LNT_OK) {
        for (int64_t i = 0; i < evaluators->n; i++) lnt_evaluator_free(own[i]);
        lnt_free(own);
        return status;
    }
    evaluators->by_worker[worker] = own;
    *out = own;
    return LNT_OK;
}

lnt_status lnt__evaluators_filter(lnt_evaluators *evaluators, int worker, const lnt_batch *batch, uint32_t *sel,
                                  int64_t *n, lnt_error *err) {
    lnt_evaluator **own = NULL;
    LNT_TRY(lnt__evaluators_of(evaluators, worker, &own, err));
    lnt_batch narrowed = *batch;
    for (int64_t i = 0; i < evaluators->n && narrowed.n_sel > 0; i++) {
        LNT_TRY(lnt_evaluate_filter(own[i], &narrowed, sel, n, err));
        narrowed.sel = sel;
        narrowed.n_sel = *n;
    }
    *n = narrowed.n_sel;
    return LNT_OK;
}
