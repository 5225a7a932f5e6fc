/// @file grow_parallel.c
/// Growing one tree with all threads: while a node is large the threads share its features, then each takes branches.
///
/// What is large doesn't depend on the number of threads, so the tree is the same with any.
#include <string.h>

#include "learn/grow.h"

enum { LARGE_ROWS = 1 << 15, LARGE_SHARE = 16 };

typedef struct parallel {
    lnt_engine *engine;
    const lnt_dataset *data;
    lnt_sample *samples;
    lnt_grower *growers; ///< one a thread, made by the thread that needs it
    bool *made;
    const lnt_grow_options *options;
    int64_t n_rows;
    double root_weight;
    const lnt_node_view *view; ///< the node whose features are shared
    uint64_t path;
    lnt_grow_task *tasks; ///< branches
    int64_t n_tasks, capacity;
    lnt_tree *branches; ///< by task
    double *gains;      ///< by task and feature: what its splits won; summed in order, for the same bits each time
    lnt_status *statuses;
    lnt_error *errors;
    _Atomic int64_t next;
} parallel;

/// A thread's own grower; NULL (with `err` set) without memory for it.
static lnt_grower *grower_of(parallel *p, int worker, lnt_error *err) {
    if (p->made[worker]) return &p->growers[worker];
    if (lnt_grower_init(p->engine, p->data, p->options, p->n_rows, &p->growers[worker], err) != LNT_OK) return NULL;
    p->growers[worker].root_weight = p->root_weight;
    p->made[worker] = true;
    return &p->growers[worker];
}

/// Each worker looks at features that nobody has looked at, and keeps its own best.
static void search_features(void *context, int worker) {
    parallel *p = context;
    lnt_grower *g = worker == 0 || p->made[worker] ? &p->growers[worker] : grower_of(p, worker, NULL);
    if (!g) return; // the others do its work
    g->splitter.best = (lnt_split){.feature = -1};
    for (;;) {
        int64_t feature = atomic_fetch_add(&p->next, 1);
        if (feature >= p->data->n_features || g->splitter.stopped) return;
        lnt_prng prng = {lnt_hash_combine(p->path, (uint64_t)feature)};
        if (p->options->random) lnt_split_random(&g->splitter, p->view, feature, &prng);
        else lnt_split_best(&g->splitter, p->view, feature);
    }
}

/// Whether `a` is to be taken rather than `b`: more gain, or the same and an earlier feature.
static bool wins(const lnt_split *a, const lnt_split *b) {
    if (a->feature < 0 || b->feature < 0) return a->feature >= 0;
    return a->gain > b->gain || (a->gain == b->gain && a->feature < b->feature);
}

/// The best split of a large node, into the first grower's splitter.
static void search_shared(parallel *p, const lnt_node_view *view, uint64_t path) {
    int n_threads = lnt_engine_n_threads(p->engine);
    p->view = view;
    p->path = path;
    atomic_store(&p->next, 0);
    for (int t = 0; t < n_threads; t++) {
        if (p->made[t]) p->growers[t].splitter.best = (lnt_split){.feature = -1};
    }
    lnt_engine_run(p->engine, search_features, p);
    lnt_splitter *first = &p->growers[0].splitter;
    for (int t = 1; t < n_threads; t++) {
        first->stopped |= p->made[t] && p->growers[t].splitter.stopped;
        if (!p->made[t] || !wins(&p->growers[t].splitter.best, &first->best)) continue;
        first->best = p->growers[t].splitter.best;
        memcpy(first->members, p->growers[t].splitter.members, (size_t)first->best.n_members * 2);
    }
}

/// Grows the large nodes; what is left of them waits in `tasks`.
static lnt_status grow_top(parallel *p, lnt_grow_task root, lnt_tree *tree, lnt_error *err) {
    lnt_grower *g = &p->growers[0];
    LNT_TRY(lnt_grow((void **)&p->tasks, &p->capacity, 64, sizeof *p->tasks, err));
    p->tasks[p->n_tasks++] = root;
    for (int64_t at = 0; at < p->n_tasks;) {
        lnt_grow_task task = p->tasks[at], children[2];
        if (task.n < LARGE_ROWS || task.n < p->n_rows / LARGE_SHARE) {
            at++;
            continue;
        }
        lnt_node_view view;
        int n_children;
        LNT_TRY(lnt_engine_check(p->engine, err));
        bool searched = lnt__grow_view(g, p->samples, &task, &view);
        if (searched && p->options->max_features < p->data->n_features) lnt__grow_search(g, &view, task.path);
        else if (searched) search_shared(p, &view, task.path);
        LNT_TRY(lnt__grow_commit(g, p->samples, &task, &view, searched, tree, children, &n_children, err));
        if (n_children == 0) {
            p->tasks[at] = p->tasks[--p->n_tasks];
            continue;
        }
        LNT_TRY(lnt_grow((void **)&p->tasks, &p->capacity, p->n_tasks + 1, sizeof *p->tasks, err));
        p->tasks[at] = children[0];
        p->tasks[p->n_tasks++] = children[1];
    }
    return LNT_OK;
}

static void grow_branches(void *context, int worker) {
    parallel *p = context;
    for (;;) {
        int64_t at = atomic_fetch_add(&p->next, 1);
        if (at >= p->n_tasks) return;
        lnt_error *err = &p->errors[at];
        lnt_grower *g = grower_of(p, worker, err);
        p->statuses[at] = g ? lnt_tree_init(lnt_engine_budget(p->engine), &p->branches[at], err) : lnt_no_memory(err);
        lnt_grow_task root = p->tasks[at];
        if (p->statuses[at] == LNT_OK) p->statuses[at] = lnt_tree_add_nodes(&p->branches[at], 1, &root.node, err);
        if (p->statuses[at] != LNT_OK) return;
        memset(g->gain, 0, (size_t)p->data->n_features * 8);
        p->statuses[at] = lnt__grow_branch(g, p->samples, root, &p->branches[at], err);
        memcpy(p->gains + at * p->data->n_features, g->gain, (size_t)p->data->n_features * 8);
    }
}

static lnt_status grow_rest(parallel *p, lnt_tree *tree, double *gain, lnt_error *err) {
    int64_t n_features = p->data->n_features;
    for (int64_t f = 0; f < n_features; f++) gain[f] += p->growers[0].gain[f];
    if (!(p->gains = lnt_alloc_array(p->n_tasks, n_features * 8, err))) return LNT_NOMEM;
    if (!(p->branches = lnt_alloc_array(p->n_tasks, sizeof *p->branches, err))) return LNT_NOMEM;
    if (!(p->statuses = lnt_alloc_array(p->n_tasks, sizeof *p->statuses, err))) return LNT_NOMEM;
    if (!(p->errors = lnt_alloc_array(p->n_tasks, sizeof *p->errors, err))) return LNT_NOMEM;
    atomic_store(&p->next, 0);
    lnt_engine_run(p->engine, grow_branches, p);
    for (int64_t i = 0; i < p->n_tasks; i++) {
        if (p->statuses[i] != LNT_OK) {
            if (err && err->code == LNT_OK) *err = p->errors[i];
            return p->statuses[i];
        }
    }
    for (int64_t i = 0; i < p->n_tasks; i++) {
        if (!p->branches[i].nodes) return lnt_error_set(err, LNT_NOMEM, "no memory is left to grow a tree");
        LNT_TRY(lnt_tree_graft(tree, p->tasks[i].node, &p->branches[i], err));
        for (int64_t f = 0; f < n_features; f++) gain[f] += p->gains[i * n_features + f];
    }
    return LNT_OK;
}

static void clear(parallel *p) {
    int n_threads = lnt_engine_n_threads(p->engine);
    for (int t = 0; t < n_threads && p->growers && p->made; t++) {
        if (p->made[t]) lnt_grower_clear(&p->growers[t]);
    }
    for (int64_t i = 0; i < p->n_tasks && p->branches; i++) lnt_tree_clear(&p->branches[i]);
    lnt_free(p->growers);
    lnt_free(p->made);
    lnt_free(p->tasks);
    lnt_free(p->branches);
    lnt_free(p->gains);
    lnt_free(p->statuses);
    lnt_free(p->errors);
}

lnt_status lnt_tree_grow_parallel(lnt_engine *engine, const lnt_dataset *data, const lnt_grow_options *options,
                                  lnt_sample *samples, int64_t n, uint64_t seed, lnt_tree *out, double *gain,
                                  lnt_error *err) {
    parallel p = {.engine = engine, .data = data, .samples = samples, .options = options, .n_rows = n};
    int n_threads = lnt_engine_n_threads(engine);
    for (int64_t i = 0; i < n; i++) p.root_weight += (double)samples[i].weight;
    LNT_TRY(lnt_tree_init(lnt_engine_budget(engine), out, err));
    lnt_status status = LNT_OK;
    lnt_grow_task root = {.n = n, .path = seed};
    if (!(p.growers = lnt_alloc_array(n_threads, sizeof *p.growers, err))) status = LNT_NOMEM;
    if (status == LNT_OK && !(p.made = lnt_alloc_array(n_threads, sizeof *p.made, err))) status = LNT_NOMEM;
    if (status == LNT_OK && !grower_of(&p, 0, err)) status = lnt_no_memory(err);
    if (status == LNT_OK) status = lnt_tree_add_nodes(out, 1, &root.node, err);
    if (status == LNT_OK) status = grow_top(&p, root, out, err);
    if (status == LNT_OK) status = grow_rest(&p, out, gain, err);
    clear(&p);
    if (status != LNT_OK) lnt_tree_clear(out);
    return status;
}
