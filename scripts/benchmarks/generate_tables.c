/// @file generate_tables.c
/// Writes the tables of the database-like operations benchmark as CSV files: the grouping table G1 or the joining tables
/// J1, by their published definitions (no nulls, not sorted, K = 100), from a fixed seed.
///
/// G1: id1, id2 one of K texts; id3 one of N/K texts; id4, id5 one of K numbers; id6 one of N/K; v1 in 1..5,
/// v2 in 1..15, v3 a float below 100 with six decimals.
/// J1: x with N rows, and right sides of N/1e6, N/1e3 and N rows (at least 10). Of n keys of each size nine tenths stand
/// on both sides, a tenth only left, a tenth only right; id4 to id6 are id1 to id3 as texts.
/// Usage: generate_tables groupby ROWS FILE | generate_tables join ROWS FOLDER
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { K = 100 };

static uint64_t state = 108;

static uint64_t next(void) { // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int64_t below(int64_t n) {
    return (int64_t)((uint64_t)(((unsigned __int128)next() * (uint64_t)n) >> 64));
}

static FILE *create(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s%s%s", folder, *name ? "/" : "", name);
    FILE *out = fopen(path, "we");
    if (!out) {
        perror(path);
        exit(1);
    }
    return out;
}

static void finish(FILE *out) {
    if (fclose(out) != 0) {
        perror("writing");
        exit(1);
    }
}

static void write_groupby(int64_t rows, const char *path) {
    FILE *out = create(path, "");
    int64_t many = rows / K;
    fputs("id1,id2,id3,id4,id5,id6,v1,v2,v3\n", out);
    for (int64_t i = 0; i < rows; i++) {
        int64_t v3 = below(100000000);
        fprintf(out,
                "id%03" PRId64 ",id%03" PRId64 ",id%010" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
                ",%" PRId64 ".%06" PRId64 "\n",
                below(K) + 1, below(K) + 1, below(many) + 1, below(K) + 1, below(K) + 1, below(many) + 1, below(5) + 1,
                below(15) + 1, v3 / 1000000, v3 % 1000000);
    }
    finish(out);
}

/// The keys 1..1.1 n in random order: [0, 0.9 n) stand on both sides, [0.9 n, n) only left, the rest only right.
typedef struct keys {
    int64_t n, *key;
} keys;

static void shuffle(int64_t *values, int64_t n) {
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = below(i + 1), kept = values[i];
        values[i] = values[j];
        values[j] = kept;
    }
}

static int64_t *array(int64_t n) {
    int64_t *values = malloc((size_t)n * sizeof *values);
    if (!values) {
        fputs("no memory\n", stderr);
        exit(1);
    }
    return values;
}

static keys make_keys(int64_t n) {
    int64_t all = n + n / 10;
    keys made = {n, array(all)};
    for (int64_t i = 0; i < all; i++) made.key[i] = i + 1;
    shuffle(made.key, all);
    return made;
}

static int64_t key_at(const keys *k, int64_t i, int right) {
    int64_t both = k->n / 10 * 9;
    return k->key[right && i >= both ? i + k->n / 10 : i];
}

/// `rows` keys of one side in random order, each at least once where there is room.
static int64_t *sample(const keys *k, int64_t rows, int right) {
    int64_t *values = array(rows);
    for (int64_t i = 0; i < rows; i++) values[i] = key_at(k, i < k->n ? i : below(k->n), right);
    shuffle(values, rows);
    return values;
}

static void write_side(const char *folder, const char *name, const keys *k, int n_keys, int64_t rows, int right) {
    FILE *out = create(folder, name);
    int64_t *ids[3] = {0};
    for (int c = 0; c < n_keys; c++) {
        ids[c] = sample(&k[c], rows, right);
        fprintf(out, "id%d,", c + 1);
    }
    for (int c = 0; c < n_keys; c++) fprintf(out, "id%d,", c + 4);
    fputs(right ? "v2\n" : "v1\n", out);
    for (int64_t i = 0; i < rows; i++) {
        for (int c = 0; c < n_keys; c++) fprintf(out, "%" PRId64 ",", ids[c][i]);
        for (int c = 0; c < n_keys; c++) fprintf(out, "id%" PRId64 ",", ids[c][i]);
        int64_t v = below(100000000);
        fprintf(out, "%" PRId64 ".%06" PRId64 "\n", v / 1000000, v % 1000000);
    }
    for (int c = 0; c < n_keys; c++) free(ids[c]);
    finish(out);
}

static int64_t at_least_10(int64_t n) {
    return n < 10 ? 10 : n;
}

static void write_join(int64_t rows, const char *folder) {
    keys k[3] = {make_keys(at_least_10(rows / 1000000)), make_keys(at_least_10(rows / 1000)), make_keys(rows)};
    write_side(folder, "x.csv", k, 3, rows, 0);
    write_side(folder, "small.csv", k, 1, k[0].n, 1);
    write_side(folder, "medium.csv", k, 2, k[1].n, 1);
    write_side(folder, "big.csv", k, 3, rows, 1);
    for (int c = 0; c < 3; c++) free(k[c].key);
}

int main(int argc, char **argv) {
    int64_t rows = argc == 4 ? strtoll(argv[2], NULL, 10) : 0;
    if (rows < 1000 || (strcmp(argv[1], "groupby") != 0 && strcmp(argv[1], "join") != 0)) {
        fputs("usage: generate_tables groupby|join ROWS PATH      (1000 rows or more)\n", stderr);
        return 2;
    }
    if (argv[1][0] == 'g') write_groupby(rows, argv[3]);
    else write_join(rows, argv[3]);
    return 0;
}
