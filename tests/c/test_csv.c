// What the CSV reader makes of a file: dialect, comments, header, types, nulls, footers, rejects, and clear errors.
#include <unistd.h>

#include "csv_model.h"

// ---- opening documents ----

typedef struct opened {
    lnt_engine *engine;
    lnt_scan *scan; ///< NULL: failed, `err` says why
    lnt_error err;
} opened;

static opened open_bytes(const char *data, size_t size, const lnt_csv_options *options) {
    opened o = {0};
    lnt_engine_options threads = {.n_threads = 2};
    lnt_input *input;
    CHECK_OK(lnt_engine_new(&threads, &o.engine, &o.err), &o.err);
    if (lnt_input_from_memory("document", data, (int64_t)size, &input, &o.err) == LNT_OK &&
        lnt_csv_open_input(o.engine, input, options, NULL, &o.scan, &o.err) != LNT_OK)
        o.scan = NULL;
    return o;
}

static opened open_text(const char *text, const lnt_csv_options *options) {
    return open_bytes(text, strlen(text), options);
}

static void close_opened(opened *o) {
    lnt_scan_unref(o->scan);
    lnt_engine_free(o->engine);
}

/// "name:type name:type …"
static csv_text schema_text(const opened *o) {
    csv_text text = {0};
    csv_put(&text, "", 0);
    for (int64_t i = 0; o->scan && i < lnt_schema_n_columns(o->scan->schema); i++)
        csv_putf(&text, "%s%s:%s", i ? " " : "", lnt_schema_name(o->scan->schema, i),
                 lnt_type_name(lnt_schema_type(o->scan->schema, i)));
    if (!o->scan) csv_putf(&text, "%s: %s", lnt_status_name(o->err.code), o->err.message);
    return text;
}

static void check_schema(const char *document, const lnt_csv_options *options, const char *expected) {
    opened o = open_text(document, options);
    csv_text text = schema_text(&o);
    CHECK_MSG(strcmp(text.data, expected) == 0, "\n--- document\n%s\n--- got      %s\n--- expected %s", document,
              text.data, expected);
    free(text.data);
    close_opened(&o);
}

static void check_rows(const char *document, const lnt_csv_options *options, const char *expected) {
    csv_text got = csv_read(document, strlen(document), options, (csv_how){2, {0}, true});
    CHECK_MSG(strcmp(got.data, expected) == 0, "\n--- document\n%s\n--- got\n%s--- expected\n%s", document, got.data,
              expected);
    free(got.data);
}

/// A literal and its size, NUL bytes included.
#define BYTES(literal) literal, sizeof literal - 1

static void check_fails(const char *data, size_t size, const lnt_csv_options *options, lnt_status code,
                        const char *message) {
    opened o = open_bytes(data, size, options);
    CHECK_INT(o.err.code, code);
    CHECK_MSG(strstr(o.err.message, message), "\"%s\" doesn't say \"%s\"", o.err.message, message);
    close_opened(&o);
}

// ---- dialects ----

TEST(delimiters_are_found_by_what_keeps_records_equally_long) {
    check_schema("a,b\n1,x\n2,y\n", NULL, "a:int b:string");
    check_schema("a;b\n1,5;x\n2,5;y\n", NULL, "a:string b:string");
    check_schema("a\tb\n1\tx, y, z\n2\ty\n", NULL, "a:int b:string");
    check_schema("a|b|c\n1|x|2.5\n2|y|3\n", NULL, "a:int b:string c:float");
    check_schema("'a';'b'\n'1';'x;y'\n'2';'y'\n", NULL, "a:int b:string");
    check_schema("host\nevil\nbad\n", NULL, "host:string");
}

TEST(spaces_between_a_delimiter_and_a_quote_are_no_text) {
    check_rows("a,b\n\"1\", \"x, y\"\n\"2\",  \"z\"\n", NULL, "row 0: 1 4[x, y]\nrow 1: 2 1[z]\n");
    check_rows("a,b\n1, x\n2, y\n", NULL, "row 0: 1 1[x]\nrow 1: 2 1[y]\n");
    check_rows("a,b\n1, x\n2,y\n", NULL, "row 0: 1 2[ x]\nrow 1: 2 1[y]\n");
}

TEST(line_ends_may_be_lf_crlf_cr_or_mixed_and_the_last_may_be_missing) {
    check_rows("a,b\r\n1,x\r\n2,y", NULL, "row 0: 1 1[x]\nrow 1: 2 1[y]\n");
    check_rows("a,b\n1,\"x\"\r\n2,\"y\"\n3,z\r\n", NULL, "row 0: 1 1[x]\nrow 1: 2 1[y]\nrow 2: 3 1[z]\n");
    check_rows("a,b\r1,x\r2,\"y\"\r", NULL, "row 0: 1 1[x]\nrow 1: 2 1[y]\n");
    check_rows("a,b\n1,\"two\nlines\"\n", NULL, "row 0: 1 9[two\nlines]\n");
}

TEST(a_byte_order_mark_of_utf_8_is_passed_over_and_others_are_named) {
    check_schema("\xef\xbb\xbf"
                 "a,b\n1,2\n",
                 NULL, "a:int b:int");
    check_fails(BYTES("\xff\xfe"
                      "a\0,\0b\0\n\0"),
                NULL, LNT_FORMAT, "UTF-16LE");
    check_fails(BYTES("\xfe\xff\0a\0,\0b\0\n"), NULL, LNT_FORMAT, "iconv -f UTF-16BE");
    check_fails(BYTES("\xff\xfe\0\0a\0\0\0"), NULL, LNT_FORMAT, "UTF-32LE");
    check_fails(BYTES("a\0,\0b\0\n\0c\0,\0d\0\n\0"), NULL, LNT_FORMAT, "UTF-16LE");
}

TEST(what_is_no_table_is_said_to_be_none) {
    check_fails(BYTES(""), NULL, LNT_FORMAT, "empty");
    check_fails(BYTES("\xef\xbb\xbf"), NULL, LNT_FORMAT, "empty");
    check_fails(BYTES("\x7f"
                      "ELF\1\1\1\0\0\0\0\0\0\0\0\0\3\0\1\0\0\0"),
                NULL, LNT_FORMAT, "binary");
    check_fails(BYTES("# only\n# comments here\n"), NULL, LNT_FORMAT, "no header");
}

TEST(a_header_alone_gives_no_rows) {
    check_schema("a,b\n", NULL, "a:string b:string");
    check_rows("a,b\n", NULL, "");
    check_rows("a,b", NULL, "");
    check_rows("# \"a\",\"b\"\n# Number of entries: 0\n", NULL, "");
}

// ---- headers ----

TEST(a_commented_header_is_the_last_leading_comment_with_as_many_fields_as_the_data) {
    const char *feed =
        "################\n# A feed, of, many # words\n#\n# \"id\",\"ip\",\"port\"\n\"1\", \"1.2.3.4\", \"80\"\n"
        "\"2\", \"1.2.3.5\", \"443\"\n# Number of entries: 2\n";
    check_schema(feed, NULL, "id:int ip:ip port:int");
    check_rows(feed, &(lnt_csv_options){.all_strings = true},
               "row 0: 1[1] 7[1.2.3.4] 2[80]\nrow 1: 1[2] 7[1.2.3.5] 3[443]\n");
    check_schema("# c1 is nothing\nid,ip\n1,1.2.3.4\n", NULL, "id:int ip:ip");
}

TEST(a_name_above_values_makes_a_header_even_where_another_name_comes_again_below) {
    check_schema("id1,id4\n5,id4\n4,id7\n", NULL, "id1:int id4:string");
    check_schema("rome,id4\nbern,id4\noslo,id7\n", NULL, "c1:string c2:string");
}

TEST(a_first_record_of_values_is_no_header) {
    check_schema("1,2\n3,4\n", NULL, "c1:int c2:int");
    check_schema("2021-09-01,x\n2021-09-02,y\n", NULL, "c1:time c2:string");
    check_schema("evil.example\nbad.example\nworse.example\n", NULL, "c1:string");
    check_schema("online,x\noffline,y\nonline,z\n", NULL, "c1:string c2:string");
    check_schema("id.orig,id.resp\n1.1.1.1,2.2.2.2\n", NULL, "id.orig:ip id.resp:ip");
    check_schema("name,city\nann,rome\n", &(lnt_csv_options){.header = LNT_NO}, "c1:string c2:string");
    check_schema("1,2\n3,4\n", &(lnt_csv_options){.header = LNT_YES}, "1:int 2:int");
}

TEST(names_that_are_missing_or_come_twice_are_made_visibly_unique) {
    check_schema("a,,a,a_2,a\nx,y,z,u,v\n", NULL, "a:string c2:string a_2:string a_2_2:string a_3:string");
    static const char *const names[] = {"x", "y"};
    check_schema("a,b\n1,2\n", &(lnt_csv_options){.names = names, .n_names = 2}, "x:int y:int");
    check_fails(BYTES("a,b,c\n1,2,3\n"), &(lnt_csv_options){.names = names, .n_names = 2}, LNT_ARGUMENT,
                "2 names are given");
}

// ---- comments and footers ----

TEST(a_comment_that_names_other_columns_than_the_header_is_an_error_and_one_that_repeats_it_is_none) {
    static const char *const names[] = {"a", "b"};
    const lnt_csv_options options = {.delimiter = '\t', .quote = 1, .comment = "#", .header = LNT_NO, .names = names,
                                     .n_names = 2, .all_strings = true, .header_comment = "#fields\ta\tb"};
    check_rows("#fields\ta\tb\n1\tx\n#close\n#fields\ta\tb\r\n#fieldsets\n2\ty\n", &options,
               "row 0: 1[1] 1[x]\nrow 1: 1[2] 1[y]\n");
    static const char *const others[] = {"#fields\tb\ta", "#fields\ta", "#fields\ta\tb\tc"};
    for (int i = 0; i < 3; i++) {
        csv_text document = {0};
        csv_putf(&document, "#fields\ta\tb\n1\tx\n#close\n%s\n2\ty\n", others[i]);
        csv_text got = csv_read(document.data, strlen(document.data), &options, (csv_how){2, {.block_bytes = 16}, true});
        CHECK_MSG(strstr(got.data, "document: line 4 names other columns than the header"), "%s", got.data);
        free(got.data);
        free(document.data);
    }
}

TEST(lines_that_start_with_a_hash_are_data_unless_the_file_starts_with_comments) {
    check_rows("a,b\n#1,x\n2,y\n", NULL, "row 0: 2[#1] 1[x]\nrow 1: 1[2] 1[y]\n");
    check_rows("# a file\na,b\n#1,x\n2,y\n", NULL, "row 0: 2 1[y]\n");
    check_rows("a,b\n#1,x\n2,y\n", &(lnt_csv_options){.comment = "#"}, "row 0: 2 1[y]\n");
    check_rows("# a,b\n#1,x\n2,y\n", &(lnt_csv_options){.comment = "", .header = LNT_NO},
               "row 0: 3[# a] 1[b]\nrow 1: 2[#1] 1[x]\nrow 2: 1[2] 1[y]\n");
    check_rows("-- no\na,b\n-- no\n1,x\n", &(lnt_csv_options){.comment = "--"}, "row 0: 1 1[x]\n");
}

TEST(a_footer_that_announces_another_number_of_entries_is_told) {
    check_rows("# x\na,b\n1,x\n2,y\n# Number of entries: 3", NULL,
               "row 0: 1 1[x]\nrow 1: 2 1[y]\nline 5 the file announces 3 entries, 2 were read: \n");
    check_rows("# x\na,b\n1,x\n2\n# END 2 entries\n", NULL, "row 0: 1 1[x]\nline 4 1 field where 2 are expected: 2\n");
    check_rows("# x\na,b\n1,x\n2\n# END 4 entries\n", NULL,
               "row 0: 1 1[x]\nline 4 1 field where 2 are expected: 2\n"
               "line 5 the file announces 4 entries, 1 were read and 1 rejected: \n");
}

TEST(a_footer_that_became_a_row_is_a_reject) {
    check_rows("host,state\nx,IOC\ny,IOC\n# Number of entries: 2,IOC\n", NULL,
               "row 0: 1[x] 3[IOC]\nrow 1: 1[y] 3[IOC]\nline 4 footer: # Number of entries: 2,IOC\n");
    check_rows("host,state\nx,IOC\n# Number of entries: 2\n", NULL,
               "row 0: 1[x] 3[IOC]\nline 3 footer: # Number of entries: 2\n"
               "line 3 the file announces 2 entries, 1 were read: \n");
}

// ---- types ----

TEST(a_column_has_the_first_type_that_all_its_values_have) {
    check_schema("b,i,f,t,ip,s,none\ntrue,1,1.5,2021-09-01,1.2.3.4,x,\nFALSE,-2,2,2021-09-01T10:00:00Z,::1,1,\n", NULL,
                 "b:bool i:int f:float t:time ip:ip s:string none:string");
    check_schema("a,b,c,d\n007,+1,9223372036854775808,1e5\n1,1,1,2\n", NULL, "a:string b:string c:string d:float");
    check_schema("a,b\n0,-0.5\n,0\n", NULL, "a:int b:float");
    check_schema("a,b\n1,2\n", &(lnt_csv_options){.all_strings = true}, "a:string b:string");
}

TEST(nulls_are_empty_fields_and_the_given_texts) {
    static const char *const nulls[] = {"", "None"};
    check_rows("s,i\n,1\n\"\",\nx,\"\"\n", NULL, "row 0: - 1\nrow 1: 0[] -\nrow 2: 1[x] -\n");
    check_rows("s,i\nNone,1\n\"None\",None\n\"\",3\n", &(lnt_csv_options){.nulls = nulls, .n_nulls = 2},
               "row 0: - 1\nrow 1: - -\nrow 2: - 3\n");
}

TEST(a_value_that_is_not_of_its_given_type_rejects_its_row_whatever_columns_are_asked_for) {
    static const lnt_named_type types[] = {{"port", LNT_INT}, {"seen", LNT_TIME}};
    lnt_csv_options options = {.types = types, .n_types = 2};
    const char *document = "port,seen,name\n80,2021-09-01,a\nhttp,2021-09-01,b\n007,,c\n1,yesterday,d\n";
    check_rows(document, &options,
               "row 0: 80 1630454400000000 1[a]\nrow 1: 7 - 1[c]\n"
               "line 3 column port 'http' isn't an int: http,2021-09-01,b\n"
               "line 5 column seen 'yesterday' isn't a time: 1,yesterday,d\n");
    opened o = open_text(document, &options);
    csv_text got = {0};
    int64_t name = 2;
    CHECK_OK(csv_run_scan(o.scan, o.engine, &name, 1, NULL, &got, &o.err), &o.err);
    CHECK_STR(got.data, "row 0: 1[a]\nrow 1: 1[c]\n");
    CHECK_INT(lnt_csv_scan_counts(o.scan).n_rejects, 2);
    free(got.data);
    close_opened(&o);
    static const lnt_named_type wrong[] = {{"prot", LNT_INT}};
    check_fails(document, strlen(document), &(lnt_csv_options){.types = wrong, .n_types = 1}, LNT_NAME,
                "did you mean 'port'");
}

// ---- filters ----

static lnt_status keep_odd(void *context, int worker, const lnt_batch *batch, uint32_t *sel, int64_t *n,
                           lnt_error *err) {
    (void)worker, (void)err;
    int64_t kept = 0;
    const int64_t *values = batch->columns[1].data;
    CHECK_INT(batch->columns[0].type, LNT_NULL); // not converted before the filter
    for (int64_t i = 0; i < batch->n_rows; i++)
        if (values[i] & 1) sel[kept++] = (uint32_t)i;
    *n = kept;
    *(_Atomic int64_t *)context += batch->n_rows;
    return LNT_OK;
}

TEST(a_filter_sees_only_what_it_needs_and_the_rest_is_converted_for_the_rows_it_keeps) {
    csv_text document = {0};
    csv_put(&document, "name,n\n", 7);
    for (int i = 0; i < 10000; i++) csv_putf(&document, "\"v \"\"%d\"\"\",%d\n", i, i);
    opened o = open_text(document.data, NULL);
    _Atomic int64_t seen = 0;
    static const bool needs[] = {false, true};
    lnt_row_filter filter = {.context = &seen, .needs = needs, .keep = keep_odd, .text = "n is odd"};
    csv_text got = {0}, expected = {0};
    int64_t columns[] = {0, 1};
    CHECK_OK(csv_run_scan(o.scan, o.engine, columns, 2, &filter, &got, &o.err), &o.err);
    for (int i = 1; i < 10000; i += 2) {
        csv_text v = {0};
        csv_putf(&v, "v \"%d\"", i);
        csv_putf(&expected, "row %d: %d[%s] %d\n", i, (int)v.size, v.data, i);
        free(v.data);
    }
    CHECK(strcmp(got.data, expected.data) == 0);
    CHECK_INT(seen, 10000);
    free(got.data);
    free(expected.data);
    free(document.data);
    close_opened(&o);
}

// ---- damage ----

TEST(broken_quoting_gives_up_one_line_only) {
    check_rows("a,b\n1,\"x\" y\n2,z\n", NULL, "row 0: 2 1[z]\nline 2 text follows a closing quote: 1,\"x\" y\n");
    check_rows("a,b\n1,\"x\n2,z\n3,u\n", NULL, "row 0: 2 1[z]\nrow 1: 3 1[u]\nline 2 a quote is never closed: 1,\"x\n");
    check_rows("a,b\n1,x\"y\n2,5\" disk\n", NULL, "row 0: 1 3[x\"y]\nrow 1: 2 7[5\" disk]\n");
}

TEST(nul_bytes_and_bytes_that_are_not_utf_8_reject_their_record) {
    static const char data[] = "a,b\n1,x\0y\n2,\xff\n3,\xc3\xa9\n4,z\n";
    csv_text got = csv_read(data, sizeof data - 1, NULL, (csv_how){1, {0}, false});
    CHECK_STR(got.data, "row 0: 3 2[\xc3\xa9]\nrow 1: 4 1[z]\n");
    free(got.data);
    opened o = open_bytes(data, sizeof data - 1, NULL);
    CHECK_INT(lnt_csv_scan_counts(o.scan).n_rejects, 2);
    CHECK_INT(o.scan->class_->n_rows(o.scan), 2);
    close_opened(&o);
}

TEST(ten_thousand_columns_are_read_like_ten) {
    enum { N = 10000 };
    csv_text document = {0};
    for (int row = 0; row < 30; row++)
        for (int i = 0; i < N; i++)
            csv_putf(&document,
                     row     ? "%d%s"
                     : i % 2 ? "col%d%s"
                             : "same%.0d%s",
                     row     ? row * i
                     : i % 2 ? i
                             : 0,
                     i == N - 1 ? "\n" : ",");
    opened o = open_text(document.data, NULL);
    CHECK_MSG(o.scan, "%s", o.err.message);
    CHECK_INT(lnt_schema_n_columns(o.scan->schema), N);
    CHECK(lnt_schema_find(o.scan->schema, "same_5000", -1) == 9998);
    CHECK_INT(o.scan->class_->n_rows(o.scan), 29);
    close_opened(&o);
    free(document.data);
}

TEST(nested_quotes_are_taken_off_and_what_they_held_together_joined_again) {
    lnt_csv_options options = {.nested_quotes = true};
    check_rows("a,b,c\n1,\"\"\"x\"\"\",\"\"\"p\",\"q\",\"r\"\"\"\n2,\"\"\"\"\"\",\"\"\"y\"\"\"\n", &options,
               "row 0: 1 1[x] 5[p,q,r]\nrow 1: 2 0[] 1[y]\n");
    check_rows("a,b,c\n1,\"\"\"x\"\"\",\"\"\"p\",\"q\"\n", &options,
               "line 2 an inner quote is never closed: 1,\"\"\"x\"\"\",\"\"\"p\",\"q\"\n");
    options.allow_short = true;
    check_rows("a,b,c\n1,\"\"\"x\"\"\"\n2,\"\"\"x\",y\n", &options, "row 0: 1 1[x] -\nrow 1: 2 3[x,y] -\n");
}

TEST(a_record_that_is_not_of_the_given_form_is_rejected) {
    static const char *const names[] = {"line"};
    lnt_csv_options options = {.delimiter = 1, .quote = 1, .comment = "", .header = LNT_NO, .names = names, .n_names = 1,
                               .all_strings = true, .record_pattern = "^\\d+ \"(?:[^\"\\\\]|\\\\.)*\"$"};
    check_rows("1 \"a\"\r\n# no\n2 \"b \\\" c\"\n\n3 \"d\n4 \"\"", &options,
               "row 0: 5[1 \"a\"]\nrow 1: 10[2 \"b \\\" c\"]\nrow 2: 4[4 \"\"]\n"
               "line 2 not of the expected form: # no\nline 5 not of the expected form: 3 \"d\n");
    options.record_pattern = "^(a+)+$"; // takes too many steps for a long record: that isn't of the form either
    check_rows("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\naaa\n", &options,
               "row 0: 3[aaa]\nline 1 not of the expected form: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n");
    options.record_pattern = "(";
    check_fails(BYTES("x\n"), &options, LNT_ARGUMENT, "record_pattern can't be read: missing closing parenthesis");
}

TEST(missing_trailing_fields_are_null_where_that_is_allowed) {
    check_rows("a,b,c\n1,x\n2,y,z\n3\n4,a,b,c\n", &(lnt_csv_options){.allow_short = true},
               "row 0: 1 1[x] -\nrow 1: 2 1[y] 1[z]\nrow 2: 3 - -\nline 5 4 fields where 3 are expected: 4,a,b,c\n");
}

TEST(every_allocation_that_fails_is_reported_and_nothing_is_left_behind) {
    static const char document[] =
        "# x\na,b,b\n1,\"x \"\"y\"\"\",1.2.3.4\n2,z\n3,\xff,1\n5,\"u\",1.2.3.5\n# END 9 entries\n";
    static const char *const nulls[] = {"", "None"};
    lnt_csv_options options = {.nulls = nulls, .n_nulls = 2, .header_comment = "# x", .record_pattern = "^[^z]*$"};
    int64_t n = 0;
    for (bool failed = true; failed && n < 10000; n++) {
        lnt_engine_options one = {.n_threads = 1};
        lnt_engine *engine;
        lnt_error err = {0};
        lnt_input *input;
        lnt_scan *scan = NULL;
        csv_text got = {0};
        int64_t columns[] = {0, 1, 2};
        CHECK_OK(lnt_engine_new(&one, &engine, &err), &err);
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_input_from_memory("document", document, sizeof document - 1, &input, &err);
        if (status == LNT_OK) status = lnt_csv_open_input(engine, input, &options, NULL, &scan, &err);
        if (status == LNT_OK) status = csv_run_scan(scan, engine, columns, 3, NULL, &got, &err);
        if (status == LNT_OK) status = csv_put_rejects(scan, engine, &got, &err);
        lnt_alloc_fail_after(-1);
        failed = status != LNT_OK;
        if (failed) CHECK_MSG(status == LNT_NOMEM, "allocation %lld: %s", (long long)n, err.message);
        lnt_scan_unref(scan);
        lnt_engine_free(engine);
        free(got.data);
    }
    CHECK_MSG(n > 30, "only %lld allocations", (long long)n);
}

// ---- files that change ----

TEST(a_file_that_shrinks_while_it_is_read_is_an_error_and_one_that_grows_is_read_as_it_was) {
    char path[] = "/tmp/lunette-test-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fputs("a,b\n", file);
    for (int i = 0; i < 300000; i++) fprintf(file, "%d,some text here\n", i);
    fflush(file);
    lnt_engine_options threads = {.n_threads = 2};
    lnt_engine *engine;
    lnt_error err = {0};
    lnt_scan *scan;
    int64_t column = 0;
    csv_text got = {0};
    CHECK_OK(lnt_engine_new(&threads, &engine, &err), &err);
    lnt_csv_options options = {.all_strings = true};
    CHECK_OK(lnt_csv_open(engine, path, &options, &scan, &err), &err);
    fputs("1,more\n", file);
    fflush(file);
    CHECK_OK(csv_run_scan(scan, engine, &column, 1, NULL, &got, &err), &err);
    CHECK_INT(lnt_csv_scan_counts(scan).n_rows, 300000);
    CHECK_INT(ftruncate(fd, 1000000), 0);
    CHECK_INT(csv_run_scan(scan, engine, &column, 1, NULL, &got, &err), LNT_IO);
    CHECK_MSG(strstr(err.message, "shrank"), "%s", err.message);
    lnt_scan_unref(scan);
    lnt_engine_free(engine);
    free(got.data);
    fclose(file);
    unlink(path);
}

// ---- real feeds ----

static const char *data_folder(void) {
    const char *folder = getenv("LUNETTE_DATA");
    if (!folder) folder = "../shared/data";
    return access(folder, R_OK) == 0 ? folder : NULL;
}

TEST(real_feeds_are_read_whole) {
    static const struct {
        const char *path;
        int64_t n_columns, n_rows, n_rejects;
    } feeds[] = {
        {"threatfox/ip-port_2020-2025.csv", 15, 31684, 0},  {"threatfox/full_urls_2025-12-07.csv", 14, 12351, 0},
        {"threatfox/recent_2026-04-20.csv", 15, 1016, 0},   {"threatfox/recent_2026-04-26.csv", 15, 727, 0},
        {"article/c2_ip-port_2018-2021.csv", 14, 14579, 0}, {"feodo/ipblocklist_2021-12-20.csv", 6, 750, 0},
        {"feodo/ipblocklist_2024-03-26.csv", 6, 27, 0},     {"feodo/ipblocklist_aggressive_2021-03-19.csv", 6, 472, 0},
        {"mangled/hostfile_footer_row.csv", 2, 24961, 1},   {"mangled/requoted_shifted.csv", 14, 3135, 0}};
    const char *folder = data_folder();
    if (!folder) {
        fprintf(stderr, "skipped: no data folder (LUNETTE_DATA)\n");
        return;
    }
    lnt_engine *engine;
    lnt_error err = {0};
    CHECK_OK(lnt_engine_new(NULL, &engine, &err), &err);
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++) {
        char path[1024];
        lnt_scan *scan;
        snprintf(path, sizeof path, "%s/%s", folder, feeds[i].path);
        CHECK_OK(lnt_csv_open(engine, path, NULL, &scan, &err), &err);
        CHECK_INT(lnt_schema_n_columns(scan->schema), feeds[i].n_columns);
        CHECK_MSG(lnt_csv_scan_counts(scan).n_rows == feeds[i].n_rows, "%s", path);
        CHECK_INT(lnt_csv_scan_counts(scan).n_rejects, feeds[i].n_rejects);
        lnt_scan_unref(scan);
    }
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
