// Names that come twice, numbered. Headers can have thousands of names, all the same.
#include "io/unique_names.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"

/// A set of names by hash: slots hold an index into the names, or -1; each name also knows the next number to try.
typedef struct name_set {
    char **names;
    int64_t *slots, *numbers; ///< numbers: by slot
    int64_t n_slots;          ///< a power of two
} name_set;

/// The slot of `name`: the one that holds it, or the free one where it belongs.
static int64_t slot_of(const name_set *set, const char *name) {
    int64_t at = (int64_t)(lnt_hash_bytes(name, (int64_t)strlen(name)) & (uint64_t)(set->n_slots - 1));
    while (set->slots[at] >= 0 && strcmp(set->names[set->slots[at]], name) != 0) at = (at + 1) & (set->n_slots - 1);
    return at;
}

/// Replaces names[i], which is there already (in `slot`), by name_2, name_3, …: the first that isn't.
static lnt_status rename_duplicate(name_set *set, int64_t i, int64_t slot, lnt_error *err) {
    lnt_text text = {0};
    lnt_status status = LNT_OK;
    do {
        text.size = 0;
        lnt_text_addf(&text, "%s_%lld", set->names[i], (long long)++set->numbers[slot]);
        status = lnt_text_check(&text, err);
    } while (status == LNT_OK && set->slots[slot_of(set, text.data)] >= 0);
    char *unique = status == LNT_OK ? lnt_strdup(text.data, text.size, err) : NULL;
    lnt_text_clear(&text);
    if (!unique) return status == LNT_OK ? LNT_NOMEM : status;
    lnt_free(set->names[i]);
    set->names[i] = unique;
    set->slots[slot_of(set, unique)] = i;
    return LNT_OK;
}

lnt_status lnt__unique_names(char **names, int64_t n, lnt_error *err) {
    name_set set = {.names = names, .n_slots = 8};
    while (set.n_slots < 2 * n) set.n_slots *= 2;
    set.slots = lnt_alloc_array(set.n_slots, sizeof *set.slots, err);
    set.numbers = lnt_alloc_array(set.n_slots, sizeof *set.numbers, err);
    lnt_status status = set.slots && set.numbers ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; i < set.n_slots && status == LNT_OK; i++) set.slots[i] = -1, set.numbers[i] = 1;
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        int64_t slot = slot_of(&set, names[i]);
        if (set.slots[slot] < 0)
            set.slots[slot] = i;
        else
            status = rename_duplicate(&set, i, slot, err);
    }
    lnt_free(set.slots);
    lnt_free(set.numbers);
    return status;
}
