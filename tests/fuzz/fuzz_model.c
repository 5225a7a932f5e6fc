// Models in files: the body of a file, behind a head whose length and checksum are right, is a model that predicts,
// explains and is written again, or it is refused.
#include "fuzz.h"
#include "learn_tables.h"

static lnt_engine *engine;
static lnt_table *rows;

/// Rows to predict: numbers and letters, some of them missing, by the names that the seeds' models have.
static lnt_table *make_rows(void) {
    static const double numbers[] = {1, -2, 1e300, -999, 0, 443, 995, 0.5};
    lnt_column *columns[] = {floats(engine, numbers, 8), letters(engine, "abc-dxyz", 8)};
    lnt_table *table = NULL;
    CHECK_OK(lnt_table_new((const char *const[]){"x", "level"}, columns, 2, 8, &table, &err), &err);
    for (int i = 0; i < 2; i++) lnt_column_unref(columns[i]);
    return table;
}

static void use(const lnt_model *model) {
    lnt_table *probabilities = NULL, *reasons = NULL;
    lnt_column *classes = NULL, *sure = NULL;
    char *text = NULL;
    if (lnt_model_predict(engine, model, rows, &classes, &sure, &err) == LNT_OK) {
        CHECK_INT(lnt_column_length(classes), 8);
        CHECK_INT(lnt_column_length(sure), 8);
    }
    if (lnt_model_predict_proba(engine, model, rows, &probabilities, &err) == LNT_OK)
        CHECK_INT(lnt_table_n_rows(probabilities), 8);
    if (lnt_model_explain(engine, model, rows, 3, -1, &reasons, &err) != LNT_OK) CHECK(err.message[0]);
    lnt_column_unref(classes);
    lnt_column_unref(sure);
    lnt_table_unref(probabilities);
    lnt_table_unref(reasons);
    if (lnt_model_rules(model, 0, &text, &err) == LNT_OK) lnt_text_free(text);
    text = NULL;
    if (lnt_model_path(engine, model, rows, 5, 0, &text, &err) == LNT_OK) lnt_text_free(text);
    text = NULL;
    if (lnt_model_json(model, &text, &err) == LNT_OK) lnt_text_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!engine) engine = fuzz_engine(1), rows = make_rows();
    int64_t before = lnt_engine_memory_used(engine);
    struct {
        char magic[8];
        uint32_t version, order;
        int64_t size;
        uint64_t checksum;
    } head = {"LNTMODEL", 2, 0x01020304, (int64_t)size, lnt_hash_bytes(data, (int64_t)size)};
    memcpy(head.magic, "LNTMODEL", 8);
    char *file = malloc(sizeof head + size), path[32];
    int fd;
    memcpy(file, &head, sizeof head);
    if (size) memcpy(file + sizeof head, data, size);
    fuzz_file(file, sizeof head + size, &fd, path);
    lnt_model *model = NULL;
    if (lnt_model_load(engine, path, &model, &err) == LNT_OK) use(model);
    else CHECK(err.message[0]);
    lnt_model_free(model);
    close(fd);
    free(file);
    CHECK_INT(lnt_engine_memory_used(engine), before);
    if (check_failures) abort();
    return 0;
}
