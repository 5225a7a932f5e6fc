/// @file csv_sniff.h
/// What the sniffer's two halves share: csv_sniff.c finds the dialect, csv_header.c the names.
#ifndef LNT_IO_CSV_SNIFF_H
#define LNT_IO_CSV_SNIFF_H

#include "io/csv/csv.h"

enum { LNT_CSV_SNIFF_RECORDS = 200 };

/// The beginning of a file, and what is known of it.
typedef struct lnt_csv_sample {
    const char *bytes;
    int64_t size;
    bool eof;               ///< the sample is the whole file
    int64_t start;          ///< after a byte order mark
    int64_t data;           ///< after the leading comments and blank lines
    int64_t comment_header; ///< offset of the leading comment line that names the columns; -1: none
    const char *name;       ///< the file's, for messages
} lnt_csv_sample;

/// Reads the record at `*at` with any number of columns and moves on; false at the end of the sample. Blank lines and
/// comments are passed over. `n_fields` is 0 for a broken record. Ends go to `ends` as far as `capacity` reaches.
bool lnt_csv_sample_record(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t *at, int64_t *start,
                           int64_t *end, int64_t *n_fields, uint32_t *ends, int64_t capacity);

/// Field `i` of the record [start, end) with these field ends, as text of its own (lnt_free), quotes taken off and
/// bytes that aren't UTF-8 replaced; NULL without memory.
char *lnt_csv_sample_field(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t start, int64_t end,
                           const uint32_t *ends, int64_t i, lnt_error *err);

/// Decides where the names are and reads them: sets the dialect's n_columns and the scan's origin and header lines.
LNT_MUST_USE lnt_status lnt_csv_find_header(lnt_csv_scan *scan, const lnt_csv_options *options, lnt_csv_sample *sample,
                                            int64_t usual_fields, char ***names, lnt_error *err);

#endif
