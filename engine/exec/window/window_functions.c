/// @file window_functions.c
/// The functions of window, each one walk through every partition. Those that pick a value (lag, lead, first, last,
/// fill_forward, fill_backward, rolling_min, rolling_max) find its row, whatever the type; the others compute numbers.
///
/// Sums over rolling floats add and never subtract, so that a NaN or a large number leaves with its row: a frame is the
/// end of one block and the beginning of the next, both summed beforehand.
#include "exec/sort/sort.h"
#include "exec/window/window.h"

static const char who[] = "window";

/// One call at work. Positions are places in the partition; rows[position] is the table's row.
typedef struct lnt_window_run {
    const lnt_partitions *partitions;
    const lnt_window_call *call;
    const lnt_column *arg; ///< NULL without an argument
    lnt_room values;       ///< the argument's numbers by row, where the call computes: int64_t or double
    lnt_room out;          ///< by row: int64_t or double; of calls that pick the row of the value, -1: null
    lnt_room valid;        ///< bits by row, of calls that compute
    lnt_room spare, other; ///< by position: frames' sums, or the queue of a rolling extreme
    const lnt_column *time; ///< what frames of a length of time go by; NULL where they count rows
    lnt_room times;         ///< its values by row
} lnt_window_run;

typedef lnt_status (*lnt_walk_fn)(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err);

__extension__ typedef __int128 lnt_int128;

static inline void set_int(lnt_window_run *run, int64_t row, int64_t value) {
    ((int64_t *)lnt__room_data(&run->out))[row] = value;
}
static inline void set_null(lnt_window_run *run, int64_t row) {
    lnt_bitmap_unset(lnt__room_data(&run->valid), row);
}
static inline bool has_value(const lnt_window_run *run, int64_t row) {
    return !lnt__row_is_null(run->arg, row);
}

static lnt_status leaves_64_bits(const lnt_window_run *run, int64_t row, lnt_error *err) {
    return lnt_error_set(err, LNT_OVERFLOW, "row %lld: %s doesn't fit in 64 bits",
                         (long long)lnt__window_row(run->partitions->numbers, row) + 1, run->call->name);
}

/// Asked at every row of a partition, which may be the whole table: whether to go on, now and then.
static inline lnt_status go_on(const lnt_window_run *run, int64_t i, lnt_error *err) {
    enum { ROWS = 65536 };
    return (i & (ROWS - 1)) == ROWS - 1 ? lnt_engine_check(run->partitions->engine, err) : LNT_OK;
}

// ---- numbers of rows ----

static bool same_keys(const lnt_window_run *run, int64_t a, int64_t b) {
    const lnt_plan *plan = run->partitions->plan;
    for (int64_t i = 0; i < plan->n_exprs; i++) {
        const lnt_column *column = lnt_table_column(run->partitions->table, lnt__bound_as_column(plan->exprs[i]));
        if (lnt__sort_compare(lnt_column_get(column, a), lnt_column_get(column, b), false) != 0) return false;
    }
    return true;
}

static lnt_status walk_row_number(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        set_int(run, rows[i], i + 1);
    }
    return LNT_OK;
}

static lnt_status walk_rank(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    bool dense = run->call->kind == LNT_WINDOW_DENSE_RANK;
    for (int64_t i = 0, rank = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        if (i == 0 || !same_keys(run, rows[i - 1], rows[i])) rank = dense ? rank + 1 : i + 1;
        set_int(run, rows[i], rank);
    }
    return LNT_OK;
}

static lnt_status walk_count(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    for (int64_t i = 0, count = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        count += !run->arg || has_value(run, rows[i]);
        set_int(run, rows[i], count);
    }
    return LNT_OK;
}

// ---- picks ----

static lnt_status walk_shift(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    int64_t by = run->call->n < n ? run->call->n : n;
    bool lag = run->call->kind == LNT_WINDOW_LAG;
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        int64_t from = lag ? i - by : i + by;
        set_int(run, rows[i], from >= 0 && from < n ? rows[from] : -1);
    }
    return LNT_OK;
}

static lnt_status walk_end(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    bool first = run->call->kind == LNT_WINDOW_FIRST;
    int64_t found = -1;
    for (int64_t i = 0; i < n && found < 0; i++) {
        LNT_TRY(go_on(run, i, err));
        int64_t row = rows[first ? i : n - 1 - i];
        if (has_value(run, row)) found = row;
    }
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        set_int(run, rows[i], found);
    }
    return LNT_OK;
}

static lnt_status walk_fill(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    bool forward = run->call->kind == LNT_WINDOW_FILL_FORWARD;
    for (int64_t i = 0, found = -1; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        int64_t row = rows[forward ? i : n - 1 - i];
        if (has_value(run, row)) found = row;
        set_int(run, row, found);
    }
    return LNT_OK;
}

// ---- frames ----

/// Where the frame that ends at position `i` starts, if that of the position before started at `start`. Behind `i` where
/// there is none: at a row without a time.
static int64_t frame_start(const lnt_window_run *run, const int64_t *rows, int64_t i, int64_t start) {
    if (!run->time) return i < run->call->n ? 0 : i - run->call->n + 1;
    if (lnt__row_is_null(run->time, rows[i])) return i + 1;
    const int64_t *times = lnt__room_data(&run->times);
    for (int64_t now = times[rows[i]]; start < i; start++) { // earlier ones are before, or with a descending order later ones
        int64_t then = times[rows[start]], apart;
        bool far = now > then ? __builtin_sub_overflow(now, then, &apart) : __builtin_sub_overflow(then, now, &apart);
        if (!far && apart < run->call->span_us) break;
    }
    return start;
}

/// Whether row `a` has the value to give rather than row `b`; NaN only if there is nothing else.
static bool beats(const lnt_window_run *run, int64_t a, int64_t b) {
    lnt_value x = lnt_column_get(run->arg, a), y = lnt_column_get(run->arg, b);
    if (x.type == LNT_FLOAT && x.as.f != x.as.f) return false;
    if (y.type == LNT_FLOAT && y.as.f != y.as.f) return true;
    int order = lnt__sort_compare(x, y, false);
    return run->call->kind == LNT_WINDOW_ROLLING_MIN ? order < 0 : order > 0;
}

/// A queue of positions, each of which beats all that follow it and so is the best once those before it have left.
static lnt_status walk_extreme(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    int64_t *queue = lnt__room_data(&run->spare), head = 0, tail = 0, start = 0;
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        if (has_value(run, rows[i])) {
            while (tail > head && !beats(run, rows[queue[tail - 1]], rows[i])) tail--;
            queue[tail++] = i;
        }
        start = frame_start(run, rows, i, start);
        while (tail > head && queue[head] < start) head++;
        set_int(run, rows[i], tail > head ? rows[queue[head]] : -1);
    }
    return LNT_OK;
}

// ---- sums ----

static lnt_status walk_cumsum(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    const int64_t *ints = lnt__room_data(&run->values);
    const double *floats = lnt__room_data(&run->values);
    int64_t sum = 0;
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        int64_t row = rows[i];
        if (!has_value(run, row)) {
            set_null(run, row);
        } else if (run->call->type == LNT_FLOAT) {
            ((double *)lnt__room_data(&run->out))[row] = total += floats[row];
        } else {
            if (__builtin_add_overflow(sum, ints[row], &sum)) return leaves_64_bits(run, row, err);
            set_int(run, row, sum);
        }
    }
    return LNT_OK;
}

/// Puts the sum of a frame with `count` values in its place.
static lnt_status give_ints(lnt_window_run *run, int64_t row, lnt_int128 sum, int64_t count, lnt_error *err) {
    if (count == 0) {
        set_null(run, row);
    } else if (run->call->kind == LNT_WINDOW_ROLLING_MEAN) {
        ((double *)lnt__room_data(&run->out))[row] = (double)sum / (double)count;
    } else {
        if (sum != (int64_t)sum) return leaves_64_bits(run, row, err);
        set_int(run, row, (int64_t)sum);
    }
    return LNT_OK;
}

static lnt_status walk_rolling_ints(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    const int64_t *values = lnt__room_data(&run->values);
    lnt_int128 sum = 0;
    int64_t count = 0, start = 0;
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        if (has_value(run, rows[i])) {
            sum += values[rows[i]];
            count++;
        }
        for (int64_t end = frame_start(run, rows, i, start); start < end; start++) {
            if (!has_value(run, rows[start])) continue;
            sum -= values[rows[start]];
            count--;
        }
        LNT_TRY(give_ints(run, rows[i], sum, count, err));
    }
    return LNT_OK;
}

static lnt_status walk_rolling_floats(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    const double *values = lnt__room_data(&run->values);
    double *before = lnt__room_data(&run->spare), *after = lnt__room_data(&run->other);
    double *out = lnt__room_data(&run->out);
    int64_t frame = run->call->n, count = 0;
    for (int64_t i = 0; i < n; i++) { // before[i]: from the beginning of i's block to i
        LNT_TRY(go_on(run, i, err));
        double value = has_value(run, rows[i]) ? values[rows[i]] : 0;
        before[i] = i % frame == 0 ? value : before[i - 1] + value;
    }
    for (int64_t i = n - 1; i >= 0; i--) { // after[i]: from i to the end of its block
        LNT_TRY(go_on(run, i, err));
        double value = has_value(run, rows[i]) ? values[rows[i]] : 0;
        after[i] = i == n - 1 || (i + 1) % frame == 0 ? value : value + after[i + 1];
    }
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        int64_t start = i - frame + 1;
        count += has_value(run, rows[i]);
        if (start > 0) count -= has_value(run, rows[start - 1]);
        double sum = start <= 0 || start % frame == 0 ? before[i] : after[start] + before[i];
        out[rows[i]] = run->call->kind == LNT_WINDOW_ROLLING_MEAN ? sum / (double)count : sum;
        if (count == 0) set_null(run, rows[i]);
    }
    return LNT_OK;
}

/// Frames of a length of time: each is what is left of a front part, whose sums to its end were made beforehand, and all
/// rows since. When the front part has left, the rows since become one, so that each row is added twice.
static lnt_status walk_spans_of_floats(lnt_window_run *run, const int64_t *rows, int64_t n, lnt_error *err) {
    const double *values = lnt__room_data(&run->values);
    double *after = lnt__room_data(&run->other), *out = lnt__room_data(&run->out), back = 0;
    int64_t count = 0, start = 0, middle = 0;
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(go_on(run, i, err));
        if (has_value(run, rows[i])) back += values[rows[i]], count++;
        int64_t end = frame_start(run, rows, i, start);
        for (; start < end; start++) count -= has_value(run, rows[start]);
        if (start >= middle) { // after[k]: from k to the end of the front part
            for (int64_t k = i; k >= start; k--) {
                double value = has_value(run, rows[k]) ? values[rows[k]] : 0;
                after[k] = k == i ? value : value + after[k + 1];
            }
            middle = i + 1;
            back = 0;
        }
        double sum = start < middle ? after[start] + back : back;
        out[rows[i]] = run->call->kind == LNT_WINDOW_ROLLING_MEAN ? sum / (double)count : sum;
        if (count == 0) set_null(run, rows[i]);
    }
    return LNT_OK;
}

// ---- a call ----

static bool picks(lnt_window_kind kind) {
    return kind == LNT_WINDOW_LAG || kind == LNT_WINDOW_LEAD || kind == LNT_WINDOW_FIRST || kind == LNT_WINDOW_LAST ||
           kind == LNT_WINDOW_ROLLING_MIN || kind == LNT_WINDOW_ROLLING_MAX || kind == LNT_WINDOW_FILL_FORWARD ||
           kind == LNT_WINDOW_FILL_BACKWARD;
}

static bool sums(lnt_window_kind kind) {
    return kind == LNT_WINDOW_CUMSUM || kind == LNT_WINDOW_ROLLING_SUM || kind == LNT_WINDOW_ROLLING_MEAN;
}

static lnt_walk_fn walk_of(const lnt_window_run *run) {
    switch (run->call->kind) {
    case LNT_WINDOW_ROW_NUMBER:
        return walk_row_number;
    case LNT_WINDOW_RANK:
    case LNT_WINDOW_DENSE_RANK:
        return walk_rank;
    case LNT_WINDOW_CUMCOUNT:
        return walk_count;
    case LNT_WINDOW_LAG:
    case LNT_WINDOW_LEAD:
        return walk_shift;
    case LNT_WINDOW_FIRST:
    case LNT_WINDOW_LAST:
        return walk_end;
    case LNT_WINDOW_FILL_FORWARD:
    case LNT_WINDOW_FILL_BACKWARD:
        return walk_fill;
    case LNT_WINDOW_ROLLING_MIN:
    case LNT_WINDOW_ROLLING_MAX:
        return walk_extreme;
    case LNT_WINDOW_CUMSUM:
        return walk_cumsum;
    case LNT_WINDOW_ROLLING_MEAN:
    case LNT_WINDOW_ROLLING_SUM:
        break;
    }
    if (run->arg->type == LNT_INT) return walk_rolling_ints;
    return run->time ? walk_spans_of_floats : walk_rolling_floats;
}

/// A column's numbers or times side by side.
static lnt_status read_values(const lnt_window_run *run, const lnt_column *column, lnt_room *out, lnt_error *err) {
    lnt_arena scratch;
    lnt_budget *budget = lnt_engine_budget(run->partitions->engine);
    LNT_TRY(lnt__room_grow(out, budget, column->length, sizeof(int64_t), who, err));
    lnt_arena_init(&scratch, budget, who);
    uint64_t *to = lnt__room_data(out);
    lnt_status status = LNT_OK;
    for (int64_t at = 0; status == LNT_OK && at < column->length; at += LNT_BATCH_ROWS) {
        int64_t n = column->length - at < LNT_BATCH_ROWS ? column->length - at : LNT_BATCH_ROWS;
        lnt_vec vec;
        lnt_arena_reset(&scratch);
        status = lnt_engine_check(run->partitions->engine, err);
        if (status == LNT_OK) status = lnt_vec_from_column(column, at, n, &scratch, &vec, err);
        for (int64_t k = 0; status == LNT_OK && k < n; k++)
            to[at + k] = ((const uint64_t *)vec.data)[vec.form == LNT_FORM_CONSTANT ? 0 : k];
    }
    lnt_arena_clear(&scratch);
    return status;
}

static lnt_status run_init(lnt_window_run *run, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(run->partitions->engine);
    int64_t n = lnt_table_n_rows(run->partitions->table), words = lnt_bitmap_words(n);
    LNT_TRY(lnt__room_grow(&run->out, budget, n, sizeof(int64_t), who, err));
    LNT_TRY(lnt__room_grow(&run->valid, budget, words, sizeof(uint64_t), who, err));
    lnt_bitmap_fill(lnt__room_data(&run->valid), 0, n, true);
    bool frames = run->call->kind >= LNT_WINDOW_ROLLING_MEAN && run->call->kind <= LNT_WINDOW_ROLLING_MAX;
    if (frames) LNT_TRY(lnt__room_grow(&run->spare, budget, n, sizeof(int64_t), who, err));
    if (frames) LNT_TRY(lnt__room_grow(&run->other, budget, n, sizeof(int64_t), who, err));
    if (run->time) LNT_TRY(read_values(run, run->time, &run->times, err));
    return sums(run->call->kind) ? read_values(run, run->arg, &run->values, err) : LNT_OK;
}

/// The computed numbers as a column.
static lnt_status numbers_column(const lnt_window_run *run, lnt_column **out, lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(run->partitions->table);
    const uint64_t *data = lnt__room_data(&run->out), *valid = lnt__room_data(&run->valid);
    lnt_collector *collector = NULL;
    LNT_TRY(lnt_collector_new(run->partitions->engine, run->call->type, who, &collector, err));
    lnt_status status = LNT_OK;
    for (int64_t at = 0; status == LNT_OK && at < n_rows; at += LNT_BATCH_ROWS) {
        int64_t n = n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS;
        lnt_vec vec = {.type = run->call->type, .form = LNT_FORM_FLAT, .data = data + at, .valid = valid + at / 64};
        status = lnt_engine_check(run->partitions->engine, err);
        if (status == LNT_OK) status = lnt_collector_append(collector, &vec, NULL, n, err);
    }
    if (status == LNT_OK) status = lnt_collector_finish(collector, out, err);
    lnt_collector_free(collector);
    return status;
}

static lnt_status walk_all(lnt_window_run *run, lnt_error *err) {
    const lnt_partitions *p = run->partitions;
    const int64_t *rows = lnt__room_data(&p->rows), *starts = lnt__room_data(&p->starts);
    lnt_walk_fn walk = walk_of(run);
    enum { CHECK_ROWS = 65536 };
    int64_t checked_at = -CHECK_ROWS;
    for (int64_t i = 0; i < p->n; i++) {
        if (starts[i] - checked_at >= CHECK_ROWS) {
            LNT_TRY(lnt_engine_check(p->engine, err));
            checked_at = starts[i];
        }
        LNT_TRY(walk(run, rows + starts[i], starts[i + 1] - starts[i], err));
    }
    return LNT_OK;
}

lnt_status lnt__window_column(const lnt_partitions *partitions, const lnt_window_call *call, lnt_column **out,
                              lnt_error *err) {
    int64_t n = lnt_table_n_rows(partitions->table);
    lnt_window_run run = {.partitions = partitions, .call = call};
    if (call->arg >= 0) run.arg = lnt_table_column(partitions->table, call->arg);
    if (call->span_us > 0)
        run.time = lnt_table_column(partitions->table, lnt__bound_as_column(partitions->plan->exprs[0]));
    lnt_status status = run_init(&run, err);
    if (status == LNT_OK && n > 0) status = walk_all(&run, err);
    if (status == LNT_OK)
        status = picks(call->kind) ? lnt_column_take(partitions->engine, run.arg, lnt__room_data(&run.out), n, out, err)
                                   : numbers_column(&run, out, err);
    lnt__room_clear(&run.values);
    lnt__room_clear(&run.out);
    lnt__room_clear(&run.valid);
    lnt__room_clear(&run.spare);
    lnt__room_clear(&run.other);
    lnt__room_clear(&run.times);
    return status;
}
