/* postfix.c - evaluates postfix expressions. They come from symbol files that anybody can write: steps and stack are bounded. */
#include "unwind/postfix.h"
#include <string.h>

/* One entry of the evaluation stack: a value, or the name that a later = assigns to. */
struct operand {
    struct span name; /* len 0: a number */
    uint64_t value;
};

struct evaluation {
    struct postfix *postfix;
    struct operand stack[POSTFIX_MAX_STACK];
    size_t depth;
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool postfix_word(struct span *text, struct span *ret)
{
    size_t begin = 0, end;

    while (begin < text->len && is_space(text->data[begin]))
        begin++;
    for (end = begin; end < text->len && !is_space(text->data[end]);)
        end++;
    if (begin == end)
        return false;
    *ret = (struct span){text->data + begin, end - begin};
    *text = (struct span){text->data + end, text->len - end};
    return true;
}

bool postfix_is(struct span word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}

static uint64_t wrapped(const struct evaluation *evaluation, uint64_t value)
{
    return evaluation->postfix->pointer_bytes == 4 ? (uint32_t)value : value;
}

/* A decimal number, possibly negative. */
static bool number_parse(struct span word, uint64_t *ret)
{
    bool negative = word.data[0] == '-';
    uint64_t value = 0;

    if (word.len == negative || word.len > 20)
        return false;
    for (size_t i = negative; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(word.data[i] - '0');
    }
    *ret = negative ? 0 - value : value;
    return true;
}

static bool push(struct evaluation *evaluation, struct span name, uint64_t value)
{
    if (evaluation->depth == POSTFIX_MAX_STACK)
        return false;
    evaluation->stack[evaluation->depth++] = (struct operand){name, wrapped(evaluation, value)};
    return true;
}

static bool pop(struct evaluation *evaluation, uint64_t *ret)
{
    struct operand *top;
    uint64_t value;

    if (!evaluation->depth)
        return false;
    top = &evaluation->stack[--evaluation->depth];
    value = top->value;
    if (top->name.len && !evaluation->postfix->get(evaluation->postfix->context, top->name, &value))
        return false;
    *ret = wrapped(evaluation, value);
    return true;
}

static bool dereference(struct evaluation *evaluation)
{
    uint64_t address, value;

    return pop(evaluation, &address) && evaluation->postfix->read(evaluation->postfix->context, address, &value) &&
           push(evaluation, (struct span){NULL, 0}, value);
}

static bool assign(struct evaluation *evaluation)
{
    struct operand *target;
    uint64_t value;

    if (!evaluation->postfix->set || !pop(evaluation, &value) || !evaluation->depth)
        return false;
    target = &evaluation->stack[--evaluation->depth];
    return target->name.len && evaluation->postfix->set(evaluation->postfix->context, target->name, value);
}

static bool calculate(struct evaluation *evaluation, uint8_t operator)
{
    uint64_t left, right, value;

    if (!pop(evaluation, &right) || !pop(evaluation, &left))
        return false;
    switch (operator) {
    case '+':
        value = left + right;
        break;
    case '-':
        value = left - right;
        break;
    case '*':
        value = left * right;
        break;
    case '/':
    case '%':
        if (!right)
            return false;
        value = operator== '/' ? left / right : left % right;
        break;
    default: /* @ rounds down to a multiple of a power of two */
        if (!right || right & (right - 1))
            return false;
        value = left & ~(right - 1);
        break;
    }
    return push(evaluation, (struct span){NULL, 0}, value);
}

static bool step(struct evaluation *evaluation, struct span word)
{
    uint64_t value;

    if (word.len == 1 && word.data[0] == '^')
        return dereference(evaluation);
    if (word.len == 1 && word.data[0] == '=')
        return assign(evaluation);
    if (word.len == 1 && memchr("+-*/%@", word.data[0], 6))
        return calculate(evaluation, word.data[0]);
    if (number_parse(word, &value))
        return push(evaluation, (struct span){NULL, 0}, value);
    return push(evaluation, word, 0);
}

bool postfix_run(struct postfix *postfix, struct span text, uint64_t *ret)
{
    struct evaluation evaluation = {.postfix = postfix, .depth = 0};
    struct span word;

    while (postfix_word(&text, &word)) {
        if (!postfix->steps)
            return false;
        postfix->steps--;
        if (!step(&evaluation, word))
            return false;
    }
    if (!ret)
        return evaluation.depth == 0;
    return evaluation.depth == 1 && pop(&evaluation, ret);
}
