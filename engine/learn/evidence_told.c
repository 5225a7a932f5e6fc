/// @file evidence_told.c
/// What keys' values have had, fading.
#include "learn/evidence.h"

#include <math.h>

#include "base/memory.h"

static double fade(int64_t from_us, int64_t to_us, double half_life_us) {
    return to_us <= from_us ? 1 : exp2(-(double)(to_us - from_us) / half_life_us);
}

lnt_status lnt__memory_take_in(lnt_key_memory *memory, int64_t row, uint32_t label, int64_t us,
                               const double half_lives_us[2], lnt_error *err) {
    if (memory->ids[row] == UINT32_MAX) return LNT_OK;
    lnt_key_value *value = &memory->values[memory->ids[row]];
    lnt_sighting *mine = NULL;
    double recent = fade(value->last_us, us, half_lives_us[0]), lasting = fade(value->last_us, us, half_lives_us[1]);
    for (int32_t i = value->first; i >= 0; i = memory->pool[i].next) {
        lnt_sighting *s = &memory->pool[i];
        s->recent *= recent;
        s->lasting *= lasting;
        if (s->label == label) mine = s;
    }
    value->last_us = us;
    if (!mine) {
        LNT_TRY(lnt_grow((void **)&memory->pool, &memory->capacity, memory->n_pool + 1, sizeof *memory->pool, err));
        mine = &memory->pool[memory->n_pool];
        *mine = (lnt_sighting){.label = label, .next = value->first};
        value->first = (int32_t)memory->n_pool++;
    }
    mine->recent += 1;
    mine->lasting += 1;
    mine->last_us = us;
    return LNT_OK;
}

int32_t lnt__memory_recall(const lnt_key_memory *memory, int64_t row, int64_t us, const double half_lives_us[2],
                           const lnt_said *said, double *sum_recent, double *sum_lasting) {
    *sum_recent = *sum_lasting = 0;
    if (memory->ids[row] == UINT32_MAX) return -1;
    const lnt_key_value *value = &memory->values[memory->ids[row]];
    if (value->first < 0) return -1;
    double recent = fade(value->last_us, us, half_lives_us[0]), lasting = fade(value->last_us, us, half_lives_us[1]);
    for (int32_t i = value->first; i >= 0; i = memory->pool[i].next) {
        const lnt_sighting *s = &memory->pool[i];
        said->recent[s->label] = s->recent * recent;
        said->lasting[s->label] = s->lasting * lasting;
        said->age[s->label] = (double)(us - s->last_us) / 86400e6;
        *sum_recent += s->recent * recent;
        *sum_lasting += s->lasting * lasting;
    }
    return value->first;
}

void lnt__memory_forget(const lnt_key_memory *memory, int32_t first, const lnt_said *said) {
    for (int32_t i = first; i >= 0; i = memory->pool[i].next) {
        uint32_t label = memory->pool[i].label;
        said->recent[label] = said->lasting[label] = 0;
        said->age[label] = NAN;
    }
}
