// Tables from a worker that can't be trusted: whatever a sealed memory file holds, it is refused, or it is a table
// whose values can all be read.
#include <fcntl.h>

#include "fuzz.h"
#include "io/share.h"

static volatile char touched;

static void read_all(const lnt_table *table) {
    for (int64_t c = 0; c < lnt_table_n_columns(table); c++) {
        const lnt_column *column = lnt_table_column(table, c);
        for (int64_t i = 0; i < lnt_column_length(column); i++) {
            lnt_value value = lnt_column_get(column, i);
            CHECK(value.type == lnt_column_type(column));
            if (value.is_null || value.type != LNT_STRING || value.as.s.size == 0) continue;
            touched = value.as.s.data[0];
            touched = value.as.s.data[value.as.s.size - 1];
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lnt_engine *engine;
    if (!engine) engine = fuzz_engine(1);
    lnt_error err = {0};
    lnt_table *table = NULL;
    int fd;
    char path[32];
    fuzz_file(data, size, &fd, path);
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0);
    if (lnt_table_adopt(engine, fd, 1 << 24, &table, &err) == LNT_OK) read_all(table);
    else CHECK(err.message[0]);
    lnt_table_unref(table);
    close(fd);
    return fuzz_done(engine);
}
