/// @file evidence.h
/// The state of what is known, and what it tells a row of each class.
///
/// Workload: some ten thousand rows, fifteen keys, tens of classes. A key's value holds a short list of the classes that
/// it had, with two weights each that fade by two half-lives.
#ifndef LNT_LEARN_EVIDENCE_H
#define LNT_LEARN_EVIDENCE_H

#include "learn/keys.h"
#include "lunette/evidence.h"

/// A class that a key's value has had.
typedef struct lnt_sighting {
    uint32_t label;
    int32_t next; ///< in the pool; -1 ends the list
    double recent, lasting;
    int64_t last_us;
} lnt_sighting;

/// A value of a key: its weights are of the time `last_us`.
typedef struct lnt_key_value {
    int32_t first;
    int64_t last_us;
} lnt_key_value;

typedef struct lnt_key_memory {
    uint32_t *ids; ///< by row; UINT32_MAX: part of the key is null
    lnt_key_value *values; ///< by id
    int64_t n_values;
    lnt_sighting *pool;
    int64_t n_pool, capacity;
} lnt_key_memory;

enum { LNT_FACTS = 6 }; ///< see evidence.c, put_facts

/// Scratch: what one key says, by class.
typedef struct lnt_said {
    double *recent, *lasting, *age;
} lnt_said;

/// Takes a row in: at `us` the key's value of `row` had class `label`.
LNT_MUST_USE lnt_status lnt__memory_take_in(lnt_key_memory *memory, int64_t row, uint32_t label, int64_t us,
                                            const double half_lives_us[2], lnt_error *err);
/// What the key's value of `row` had by the time `us`: fills `said` for the classes that it had and returns the list's
/// start, so that it can be cleared; sums are added up.
int32_t lnt__memory_recall(const lnt_key_memory *memory, int64_t row, int64_t us, const double half_lives_us[2],
                           const lnt_said *said, double *sum_recent, double *sum_lasting);
/// Sets what lnt__memory_recall filled to nothing again.
void lnt__memory_forget(const lnt_key_memory *memory, int32_t first, const lnt_said *said);

#endif
