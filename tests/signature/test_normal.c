/* test_normal.c - one function spelled by several compilers is one name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/text.h"
#include "signature/normal.h"

static const struct {
    const char *name, *expected;
} cases[] = {
    {"main", "main"},
    {"Parser::next(int) const", "Parser::next"},
    {"void Parser::read<char>(char *, std::map<int, int> const &)", "Parser::read<T>"},
    {"std::vector<int,std::allocator<int> >::push_back", "std::vector<T>::push_back"},
    {"std::map<std::string, std::vector<int> >::operator[](std::string const&)", "std::map<T>::operator[]"},
    {"bool operator<(Key const&, Key const&)", "operator<"},
    {"bool operator< <int>(A<int> const&, A<int> const&)", "operator< <T>"},
    {"std::ostream& operator<<(std::ostream&, int)", "operator<<"},
    {"Handle::operator->() const", "Handle::operator->"},
    {"Ordered::operator<=>(Ordered const&)", "Ordered::operator<=>"},
    {"Functor::operator()(int)", "Functor::operator()"},
    {"Value::operator bool() const", "Value::operator bool"},
    {"operator new[](unsigned long long)", "operator new[]"},
    {"void* operator new(unsigned long long)", "operator new"},
    {"my_operator(int)", "my_operator"},
    {"(anonymous namespace)::helper(int)", "(anonymous namespace)::helper"},
    {"int `anonymous namespace'::helper(int)", "(anonymous namespace)::helper"},
    {"`anonymous-namespace'::helper", "(anonymous namespace)::helper"},
    {"void f(int (*)(char, void (*)(int)))", "f"},
    {"work [clone .constprop.0]", "work"},
    {"work.isra.0.cold", "work"},
    {"work.part.12", "work"},
    {"work.llvm.1234567890", "work"},
    {"core::ptr::drop_in_place<alloc::vec::Vec<u8>>::h0123456789abcdef", "core::ptr::drop_in_place<T>"},
    {"<alloc::vec::Vec<T> as core::ops::Drop>::drop", "<alloc::vec::Vec<T> as core::ops::Drop>::drop"},
    {"app::run::{{closure}}", "app::run::{{closure}}"},
    {"  a   b  ::c ", "::c"},
    {"f<a", "f<a"},
    {"f(a", "f(a"},
    {"f>)", "f>)"},
    {"", ""},
    {"<", "<"},
    {"operator", "operator"},
    {"operator<", "operator<"},
};

static void name_when_spelled_by_any_compiler_is_the_same(void **state)
{
    char name[NORMAL_MAX_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        normal_name(name, cases[i].name);
        if (strcmp(name, cases[i].expected) != 0)
            fail_msg("\"%s\" becomes \"%s\", expected \"%s\"", cases[i].name, name, cases[i].expected);
    }
}

/* Brackets without end, in every mixture: bounded work, sound text. */
static void name_when_hostile_stays_sound(void **state)
{
    static const char alphabet[] = "<>()[ ]ab:`'\1\xc3\xbc~.h";
    static char name[70000];
    char out[NORMAL_MAX_BYTES];
    uint32_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        size_t size = round < 20 ? sizeof(name) - 1 : round * 3u;

        for (size_t i = 0; i < size; i++) {
            seed = seed * 1664525u + 1013904223u;
            name[i] = round < sizeof(alphabet) - 1 ? alphabet[round] : alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
        }
        name[size] = 0;
        normal_name(out, name);
        assert_true(strlen(out) < NORMAL_MAX_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_when_spelled_by_any_compiler_is_the_same),
        cmocka_unit_test(name_when_hostile_stays_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
