/// @file lexer.c
/// Names, numbers, operators; strings have a file of their own (lexer_string.c).
///
/// What other languages write (`!=`, `=`, `&&`) is recognised only to say what to write here.
#include "expr/lexer.h"

#include "base/text.h"
#include "column/value_text.h"
#include "expr/lexer_string.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_name(char c) {
    return is_name_start(c) || is_digit(c);
}
static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char peek(const lnt_lexer *lexer, int64_t ahead) {
    return lexer->position + ahead < lexer->size ? lexer->text[lexer->position + ahead] : '\0';
}

static const struct {
    const char *word;
    lnt_token_kind kind;
} keywords[] = {
    {"or", LNT_TOKEN_OR},     {"and", LNT_TOKEN_AND},     {"not", LNT_TOKEN_NOT},   {"in", LNT_TOKEN_IN},
    {"true", LNT_TOKEN_TRUE}, {"false", LNT_TOKEN_FALSE}, {"null", LNT_TOKEN_NULL}, {"nil", LNT_TOKEN_NULL},
};

static lnt_token_kind keyword_of(lnt_str name) {
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (lnt_str_equal(name, lnt_str_from(keywords[i].word))) return keywords[i].kind;
    return LNT_TOKEN_NAME;
}

bool lnt_name_is_plain(lnt_str name) {
    if (name.size == 0 || !is_name_start(name.data[0])) return false;
    for (int64_t i = 1; i < name.size; i++) {
        if (is_name(name.data[i])) continue;
        if (name.data[i] != '.' || i + 1 == name.size || !is_name_start(name.data[i + 1])) return false;
    }
    return keyword_of(name) == LNT_TOKEN_NAME;
}

/// A name; a dot followed at once by a letter belongs to it (`id.orig_h`, as nested records are flattened).
static void read_name(lnt_lexer *lexer, lnt_token *out) {
    int64_t start = lexer->position;
    for (;;) {
        while (is_name(peek(lexer, 0))) lexer->position++;
        if (peek(lexer, 0) != '.' || !is_name_start(peek(lexer, 1))) break;
        lexer->position++;
    }
    out->text = (lnt_str){lexer->text + start, lexer->position - start};
    out->kind = keyword_of(out->text);
}

static lnt_status number_error(const char *message, lnt_error *err) {
    return lnt_error_set(err, LNT_SYNTAX, "%s", message);
}

static int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static lnt_status read_hex(lnt_lexer *lexer, lnt_token *out, lnt_error *err) {
    uint64_t value = 0;
    int digits = 0;
    lexer->position += 2;
    for (int digit; (digit = hex_digit(peek(lexer, 0))) >= 0; lexer->position++, digits++) {
        if (value >> 60) return number_error("a hexadecimal number that doesn't fit 64 bits", err);
        value = value << 4 | (uint64_t)digit;
    }
    if (digits == 0 || is_name(peek(lexer, 0)) || peek(lexer, 0) == '.')
        return number_error("malformed hexadecimal number: write it as in 0x1f", err);
    if (value > INT64_MAX) return number_error("a hexadecimal number above 0x7fffffffffffffff", err);
    out->value = (lnt_value){.type = LNT_INT, .as.i = (int64_t)value};
    return LNT_OK;
}

static lnt_status float_value(lnt_lexer *lexer, lnt_str digits, lnt_token *out, lnt_error *err) {
    // The reader of values wants digits on both sides of the point; Lua doesn't.
    char *copy = lnt_arena_alloc(lexer->arena, digits.size * 2 + 2, err);
    if (!copy) return LNT_NOMEM;
    int64_t n = 0;
    for (int64_t i = 0; i < digits.size; i++) {
        bool point = digits.data[i] == '.';
        if (point && (i == 0 || !is_digit(digits.data[i - 1]))) copy[n++] = '0';
        copy[n++] = digits.data[i];
        if (point && (i + 1 == digits.size || !is_digit(digits.data[i + 1]))) copy[n++] = '0';
    }
    out->value = (lnt_value){.type = LNT_FLOAT};
    return lnt_parse_float(copy, n, &out->value.as.f) ? LNT_OK : number_error("malformed number", err);
}

static lnt_status read_number(lnt_lexer *lexer, lnt_token *out, lnt_error *err) {
    out->kind = LNT_TOKEN_LITERAL;
    if (peek(lexer, 0) == '0' && (peek(lexer, 1) | 0x20) == 'x') return read_hex(lexer, out, err);
    int64_t start = lexer->position;
    bool is_float = false;
    while (is_digit(peek(lexer, 0))) lexer->position++;
    if (peek(lexer, 0) == '.' && peek(lexer, 1) != '.') {
        is_float = true;
        lexer->position++;
        while (is_digit(peek(lexer, 0))) lexer->position++;
    }
    if ((peek(lexer, 0) | 0x20) == 'e') {
        is_float = true;
        lexer->position += peek(lexer, 1) == '+' || peek(lexer, 1) == '-' ? 2 : 1;
        if (!is_digit(peek(lexer, 0))) return number_error("malformed number: digits must follow the 'e'", err);
        while (is_digit(peek(lexer, 0))) lexer->position++;
    }
    if (peek(lexer, 0) == '_') return number_error("malformed number: digits go without underscores", err);
    if (is_name(peek(lexer, 0))) return number_error("malformed number: a letter right after a digit", err);
    lnt_str digits = {lexer->text + start, lexer->position - start};
    if (is_float) return float_value(lexer, digits, out, err);
    out->value = (lnt_value){.type = LNT_INT};
    if (lnt_parse_int(digits.data, digits.size, &out->value.as.i)) return LNT_OK;
    out->huge = lnt_str_equal(digits, lnt_str_from("9223372036854775808"));
    return out->huge ? LNT_OK : number_error("an integer that doesn't fit 64 bits: add '.0' for a float", err);
}

/// `$name`.
static lnt_status read_parameter(lnt_lexer *lexer, lnt_token *out, lnt_error *err) {
    lexer->position++;
    int64_t start = lexer->position;
    while (is_name(peek(lexer, 0))) lexer->position++;
    out->kind = LNT_TOKEN_PARAMETER;
    out->text = (lnt_str){lexer->text + start, lexer->position - start};
    if (out->text.size == 0) return lnt_error_set(err, LNT_SYNTAX, "a parameter's name must follow '$', as in $min");
    return LNT_OK;
}

/// What people bring from other languages: its text, and what to write here. Before the operators that they begin with.
static const struct {
    const char *text, *instead;
} foreign[] = {
    {"===", "'===' isn't an operator: write '=='"},
    {"!==", "'!==' isn't an operator: write '~='"},
    {"!=", "'!=' isn't an operator: write '~='"},
    {"<>", "'<>' isn't an operator: write '~='"},
    {"&&", "'&&' isn't an operator: write 'and'"},
    {"||", "'||' isn't an operator: write 'or'"},
    {"=~", "'=~' isn't an operator: write matches(text, 'pattern')"},
    {"**", "'**' isn't an operator: write '^'"},
    {"<<", "'<<' isn't an operator here: multiply by a power of two"},
    {">>", "'>>' isn't an operator here: divide with '//' by a power of two"},
    {"!", "'!' isn't an operator: write 'not'"},
    {"#", "'#' isn't an operator here: write len(text)"},
    {"[", "'[' isn't used here: a list goes in parentheses, an odd column name in backticks"},
    {"{", "'{' isn't used here: a list goes in parentheses"},
    {"?", "'?' isn't an operator: write if_else(condition, a, b)"},
    {"\xe2\x80\x9c", "a typographic quotation mark: write ' or \""},
    {"\xe2\x80\x9d", "a typographic quotation mark: write ' or \""},
    {"\xe2\x80\x98", "a typographic quotation mark: write ' or \""},
    {"\xe2\x80\x99", "a typographic quotation mark: write ' or \""},
};

static const struct {
    const char *text;
    lnt_token_kind kind;
} operators[] = {
    {"==", LNT_TOKEN_EQ},     {"~=", LNT_TOKEN_NE},     {"<=", LNT_TOKEN_LE},     {">=", LNT_TOKEN_GE},
    {"//", LNT_TOKEN_SLASH2}, {"..", LNT_TOKEN_CONCAT}, {"<", LNT_TOKEN_LT},      {">", LNT_TOKEN_GT},
    {"|", LNT_TOKEN_BAR},     {"&", LNT_TOKEN_AMP},     {"+", LNT_TOKEN_PLUS},    {"-", LNT_TOKEN_MINUS},
    {"*", LNT_TOKEN_STAR},    {"/", LNT_TOKEN_SLASH},   {"%", LNT_TOKEN_PERCENT}, {"^", LNT_TOKEN_CARET},
    {"(", LNT_TOKEN_OPEN},    {")", LNT_TOKEN_CLOSE},   {",", LNT_TOKEN_COMMA},   {":", LNT_TOKEN_COLON},
    {"=", LNT_TOKEN_ASSIGN},
};

static bool starts_with(const lnt_lexer *lexer, const char *text) {
    int64_t size = (int64_t)__builtin_strlen(text);
    return lexer->size - lexer->position >= size &&
           !__builtin_memcmp(lexer->text + lexer->position, text, (size_t)size);
}

static lnt_status read_symbol(lnt_lexer *lexer, lnt_token *out, lnt_error *err) {
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (!starts_with(lexer, foreign[i].text)) continue;
        lexer->position += (int64_t)__builtin_strlen(foreign[i].text);
        return lnt_error_set(err, LNT_SYNTAX, "%s", foreign[i].instead);
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!starts_with(lexer, operators[i].text)) continue;
        lexer->position += (int64_t)__builtin_strlen(operators[i].text);
        out->kind = operators[i].kind;
        return LNT_OK;
    }
    unsigned char c = (unsigned char)lexer->text[lexer->position];
    lexer->position++;
    while (c >= 0xc0 && ((unsigned char)peek(lexer, 0) & 0xc0) == 0x80) lexer->position++; // the whole character
    if (c < 0x20 || c >= 0x7f)
        return lnt_error_set(err, LNT_SYNTAX,
                             "can't read this character: names with others than a-z, 0-9 and _ go in backticks");
    return lnt_error_set(err, LNT_SYNTAX, "can't read '%c' here", c);
}

static lnt_status read_token(lnt_lexer *lexer, lnt_token *out, lnt_error *err) {
    if (lexer->position >= lexer->size) return LNT_OK;
    char c = peek(lexer, 0);
    if (is_name_start(c)) {
        read_name(lexer, out);
        return LNT_OK;
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1)))) return read_number(lexer, out, err);
    if (c == '\'' || c == '"') return lnt_lexer_string(lexer, out, err);
    if (c == '`') return lnt_lexer_quoted_name(lexer, out, err);
    if (c == '$') return read_parameter(lexer, out, err);
    return read_symbol(lexer, out, err);
}

lnt_status lnt_lexer_next(lnt_lexer *lexer, lnt_token *out, lnt_error *err) {
    while (lexer->position < lexer->size && is_space(lexer->text[lexer->position])) lexer->position++;
    *out = (lnt_token){.kind = LNT_TOKEN_END, .at = lexer->position};
    lnt_status status = read_token(lexer, out, err);
    if (lexer->position > lexer->size) lexer->position = lexer->size;
    out->length = lexer->position - out->at;
    if (status == LNT_SYNTAX) lnt_error_span(err, lexer->text, lexer->size, out->at, out->length > 0 ? out->length : 1);
    return status;
}
