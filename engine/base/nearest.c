/// @file nearest.c
/// "Did you mean": the name most like a mistyped one.
///
/// Workload: once per error message, over at most a few thousand names of up to NAME_BYTES bytes (longer ones are only
/// compared by their beginning). Distances are doubled so that a difference of letter case can count as half an edit.
#include "base/text.h"

#include <string.h>

enum { NAME_BYTES = 128, EDIT = 2, CASE_EDIT = 1 };

/// Lower case of ASCII letters, without locale.
static inline char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline int replace_cost(char a, char b) {
    return a == b ? 0 : lower(a) == lower(b) ? CASE_EDIT : EDIT;
}

static inline int smaller(int a, int b) {
    return a < b ? a : b;
}

/// One cell of the table: rows are prefixes of `a`, columns of `b`; `above2` is the row before `above`.
static int cell(const int *above2, const int *above, const int *row, const char *a, const char *b, int64_t i,
                int64_t j) {
    int best = smaller(above[j] + EDIT, row[j - 1] + EDIT);
    best = smaller(best, above[j - 1] + replace_cost(a[i - 1], b[j - 1]));
    if (i > 1 && j > 1 && a[i - 1] != a[i - 2]) {
        int swap = replace_cost(a[i - 1], b[j - 2]) + replace_cost(a[i - 2], b[j - 1]);
        if (swap < EDIT) best = smaller(best, above2[j - 2] + EDIT + swap);
    }
    return best;
}

int lnt_edit_distance(const char *a, int64_t a_size, const char *b, int64_t b_size, int limit) {
    if (a_size > NAME_BYTES || b_size > NAME_BYTES) {
        bool same = a_size == b_size && memcmp(a, b, (size_t)a_size) == 0;
        return same ? 0 : limit + 1;
    }
    int rows[3][NAME_BYTES + 1];
    int *above2 = rows[0], *above = rows[1], *row = rows[2];
    for (int64_t j = 0; j <= b_size; j++) above[j] = above2[j] = (int)j * EDIT;
    for (int64_t i = 1; i <= a_size; i++) {
        int least = row[0] = (int)i * EDIT;
        for (int64_t j = 1; j <= b_size; j++) {
            row[j] = cell(above2, above, row, a, b, i, j);
            least = smaller(least, row[j]);
        }
        if (least > limit + EDIT) return limit + 1; // a swap can still undo one edit of the row before
        int *spare = above2;
        above2 = above;
        above = row;
        row = spare;
    }
    return smaller(above[b_size], limit + 1);
}

/// Whether one is the beginning of the other, in any letter case, and long enough to mean something.
static bool is_beginning(const char *a, int64_t a_size, const char *b, int64_t b_size) {
    int64_t shared = a_size < b_size ? a_size : b_size;
    if (shared < 2) return false;
    for (int64_t i = 0; i < shared; i++) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

int64_t lnt_nearest(const char *name, int64_t size, const char *const *names, int64_t n) {
    if (size < 0) size = (int64_t)strlen(name);
    // A third of the name in edits, at least one; a beginning counts as just within that.
    int limit = (int)(smaller((int)(size < NAME_BYTES ? size : NAME_BYTES), NAME_BYTES) / 3) * EDIT;
    if (limit < EDIT) limit = EDIT;
    int64_t best = -1;
    int best_distance = limit + 2;
    for (int64_t i = 0; i < n; i++) {
        int64_t other = (int64_t)strlen(names[i]);
        int distance = lnt_edit_distance(name, size, names[i], other, limit);
        if (distance > limit && is_beginning(name, size, names[i], other))
            distance = limit + 1;
        else if (distance > limit)
            continue;
        // A name of one or two letters is only like another if it shares one of them.
        if (size <= 2 && distance == EDIT && other <= 1) continue;
        if (distance < best_distance) best = i, best_distance = distance;
    }
    return best;
}
