// The fast path of tokenising: 64 bytes at a time to masks of quotes, delimiters and newlines, from those to the ends
// of fields. It takes only what is beyond doubt: records with the right number of fields whose quotes all stand beside
// delimiters, newlines or other quotes. Anything else it leaves, from its record's start, to csv_record.c, which is
// the definition; tests hold the two against each other.
//
// Invariant: where no quote so far stood in an odd place, "an odd number of quotes before" means "inside quotes".
#include "io/csv/csv_masks.h"

/// What one chunk needs to know of the bytes before it.
typedef struct carry {
    uint64_t inside;    ///< all ones: inside quotes
    uint64_t separator; ///< 1: the last byte was a delimiter or newline, or a quote; or a record starts
    uint64_t spaced;    ///< 1: the last byte was a space right after a delimiter or newline
    uint64_t pure;      ///< 1: the last byte was a delimiter or newline outside quotes, or a record starts
    uint64_t closing;   ///< 1: the last byte was a closing quote
    uint64_t cr;        ///< 1: the last byte was a CR after a closing quote
} carry;

/// Bits of `masks` at which quoting is odd: the record there goes the slow way. Sets `*outside` to the bytes that are
/// not inside quotes. Updates `c`.
static inline __attribute__((always_inline)) uint64_t
odd_places(const lnt_csv_masks *masks, carry *c, uint64_t *outside, bool *escapes, lnt_csv_parity_fn parity) {
    uint64_t quote = masks->quote, separators = masks->delimiter | masks->newline;
    if (!(quote | c->inside | c->closing | c->cr)) { // no quotes near: the common case of unquoted files
        *outside = ~(uint64_t)0;
        c->separator = c->pure = separators >> 63;
        c->spaced = (masks->space & (separators << 1)) >> 63;
        return 0;
    }
    uint64_t inside = parity(quote) ^ c->inside;
    uint64_t out = ~inside, separator = separators & out;
    uint64_t opening = quote & inside, closing = quote & out;
    uint64_t after_separator = separator << 1 | c->pure;
    uint64_t spaced = masks->space & after_separator & out;
    uint64_t before = (separator | quote) << 1 | c->separator | spaced << 1 | c->spaced;
    uint64_t after = closing << 1 | c->closing;
    uint64_t cr = after & masks->cr & ~masks->newline, after_cr = cr << 1 | c->cr;
    uint64_t odd = (opening & ~before) | (after & ~(separator | quote | cr)) | (after_cr & ~masks->newline);
    *escapes |= (after & quote) != 0;
    *outside = out;
    c->inside = (uint64_t)((int64_t)inside >> 63);
    c->separator = (separator | quote) >> 63;
    c->pure = separator >> 63;
    c->spaced = spaced >> 63;
    c->closing = closing >> 63;
    c->cr = cr >> 63;
    return odd;
}

/// Whether a record that starts here is a comment or a blank line; those aren't for the fast path.
static inline bool starts_oddly(const lnt_csv_walk *walk, int64_t at) {
    const lnt_csv_dialect *dialect = walk->dialect;
    return dialect->comment_size && walk->bytes[at] == (uint8_t)dialect->comment[0];
}

/// Takes the separators of one chunk at `at`: field ends, and records at the newlines. False: the walk stops with
/// `*why`, at walk->record.
static inline __attribute__((always_inline)) bool take_chunk(lnt_csv_walk *walk, int64_t at, uint64_t separators,
                                                             uint64_t newlines, int64_t *first_end, lnt_csv_walked *why,
                                                             lnt_csv_put_fn put) {
    const int64_t n_columns = walk->dialect->n_columns, before = walk->n_ends;
    walk->n_ends += put(walk->ends + before, (uint32_t)at, separators);
    for (; newlines; newlines &= newlines - 1) {
        uint64_t bit = newlines & -newlines;
        int64_t last = before + __builtin_popcountll(separators & (bit - 1)), next = at + __builtin_ctzll(bit) + 1;
        bool sound = last + 1 - *first_end == n_columns && next - walk->record <= walk->dialect->max_record_bytes;
        if (n_columns == 1 && walk->ends[last] - (uint64_t)walk->record <= 1) sound = false; // perhaps a blank line
        if (!sound) {
            walk->n_ends = *first_end;
            *why = LNT_CSV_WALK_SLOW;
            return false;
        }
        walk->starts[walk->n_starts++] = (uint32_t)walk->record;
        walk->record = next;
        *first_end = last + 1;
        if (next >= walk->stop || starts_oddly(walk, next)) {
            walk->n_ends = *first_end;
            *why = next >= walk->stop ? LNT_CSV_WALK_DONE : LNT_CSV_WALK_SLOW;
            return false;
        }
    }
    return true;
}

static inline __attribute__((always_inline)) lnt_csv_walked walk_with(lnt_csv_walk *walk, lnt_csv_classify_fn classify,
                                                                      lnt_csv_parity_fn parity, lnt_csv_put_fn put) {
    lnt_csv_masks masks[LNT_CSV_MASKED_CHUNKS];
    carry c = {0, 1, 0, 1, 0, 0};
    const uint64_t quoting = walk->dialect->quote ? ~(uint64_t)0 : 0; // without: NUL bytes aren't quotes
    int64_t first_end = walk->n_ends;
    lnt_csv_walked why = LNT_CSV_WALK_MORE;
    if (starts_oddly(walk, walk->record)) return LNT_CSV_WALK_SLOW;
    for (int64_t at = walk->record; at < walk->size;) {
        int64_t n_chunks = (walk->size - at + 63) / 64;
        if (n_chunks > walk->window) n_chunks = walk->window;
        if (walk->n_ends + n_chunks * 64 + 64 > walk->ends_capacity) {
            walk->full = true;
            break;
        }
        classify(walk->bytes + at, n_chunks, walk->dialect, masks);
        uint64_t quotes = 0;
        for (int64_t i = 0; i < n_chunks; i++) quotes |= masks[i].quote;
        walk->quotes |= quotes != 0;
        for (int64_t i = 0; i < n_chunks; i++, at += 64) {
            uint64_t known = walk->size - at >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << (walk->size - at)) - 1, outside;
            masks[i].quote &= known & quoting;
            masks[i].delimiter &= known;
            masks[i].newline &= known;
            uint64_t odd = odd_places(&masks[i], &c, &outside, &walk->escapes, parity) & known;
            if (odd) outside &= (odd & -odd) - 1;
            uint64_t newlines = masks[i].newline & outside;
            if (!take_chunk(walk, at, (masks[i].delimiter & outside) | newlines, newlines, &first_end, &why, put))
                return why;
            if (odd) {
                walk->n_ends = first_end;
                return LNT_CSV_WALK_SLOW;
            }
        }
        walk->window = walk->window * 2 < LNT_CSV_MASKED_CHUNKS ? walk->window * 2 : LNT_CSV_MASKED_CHUNKS;
    }
    walk->n_ends = first_end;
    return LNT_CSV_WALK_MORE;
}

static inline __attribute__((always_inline)) lnt_csv_survey survey_with(const uint8_t *bytes, int64_t size,
                                                                        char newline) {
    lnt_csv_survey survey = {0, false, false};
    uint8_t high = 0, zero = 0;
    for (int64_t at = 0; at < size;) { // counts of a byte per stretch, so that the compiler can keep them narrow
        int64_t end = size - at < 192 ? size : at + 192;
        uint8_t n = 0;
        for (; at < end; at++) {
            n = (uint8_t)(n + (bytes[at] == (uint8_t)newline));
            high |= bytes[at];
            zero |= (uint8_t)(bytes[at] == 0);
        }
        survey.n_newlines += n;
    }
    survey.any_high = high >= 0x80;
    survey.any_zero = zero != 0;
    return survey;
}

static lnt_csv_walked walk_portable(lnt_csv_walk *walk) {
    return walk_with(walk, lnt_csv_classify_portable, lnt_csv_parity_portable, lnt_csv_put_portable);
}
static lnt_csv_survey survey_portable(const uint8_t *bytes, int64_t size, char newline) {
    return survey_with(bytes, size, newline);
}

#ifdef LNT_CSV_X86
LNT_AVX2 static lnt_csv_walked walk_avx2(lnt_csv_walk *walk) {
    return walk_with(walk, lnt_csv_classify_avx2, lnt_csv_parity_clmul, lnt_csv_put_portable);
}
LNT_AVX2 static lnt_csv_survey survey_avx2(const uint8_t *bytes, int64_t size, char newline) {
    return survey_with(bytes, size, newline);
}
LNT_AVX512 static lnt_csv_walked walk_avx512(lnt_csv_walk *walk) {
    return walk_with(walk, lnt_csv_classify_avx512, lnt_csv_parity_clmul, lnt_csv_put_portable);
}
LNT_VBMI2 static lnt_csv_walked walk_vbmi2(lnt_csv_walk *walk) {
    return walk_with(walk, lnt_csv_classify_avx512, lnt_csv_parity_clmul, lnt_csv_put_vbmi2);
}
#endif

const lnt_csv_kernels *lnt_csv_kernels_for(lnt_csv_isa isa) {
    static const lnt_csv_kernels portable = {"portable", walk_portable, survey_portable};
#ifdef LNT_CSV_X86
    static const lnt_csv_kernels avx2 = {"avx2", walk_avx2, survey_avx2};
    static const lnt_csv_kernels avx512 = {"avx512", walk_avx512, survey_avx2};
    static const lnt_csv_kernels vbmi2 = {"avx512 with vbmi2", walk_vbmi2, survey_avx2};
    bool has_avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul");
    bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512f");
    bool has_vbmi2 = has_avx512 && __builtin_cpu_supports("avx512vbmi2");
    if (isa == LNT_CSV_ISA_VBMI2 || (isa == LNT_CSV_ISA_BEST && has_vbmi2)) return has_vbmi2 ? &vbmi2 : NULL;
    if (isa == LNT_CSV_ISA_AVX512 || (isa == LNT_CSV_ISA_BEST && has_avx512)) return has_avx512 ? &avx512 : NULL;
    if (isa == LNT_CSV_ISA_AVX2 || (isa == LNT_CSV_ISA_BEST && has_avx2)) return has_avx2 ? &avx2 : NULL;
#endif
    return isa == LNT_CSV_ISA_BEST || isa == LNT_CSV_ISA_PORTABLE ? &portable : NULL;
}
