/* test_access.c - doctor's reading of access lists and of PE headers, which a deployment under Wine cannot show. */
#include "collector/doctor/win/access.h"
#include "collector/doctor/win/image.h"
#include "collector/win/security.h"
#include "harness.h"
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DROP_RIGHTS  (FILE_ADD_FILE | FILE_LIST_DIRECTORY)
#define MAX_EXE_SIZE (32u * 1024 * 1024)

static DWORD users_rights(const char *sddl)
{
    PSECURITY_DESCRIPTOR security = NULL;
    BOOL present = FALSE, defaulted = FALSE;
    PACL list = NULL;

    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, SDDL_REVISION_1, &security, NULL));
    assert_true(GetSecurityDescriptorDacl(security, &present, &list, &defaulted));
    DWORD rights = access_of_users(present ? list : NULL);
    LocalFree(security);
    return rights;
}

static void access_when_folders_are_as_install_makes_them_then_users_create_and_do_not_list(void **state)
{
    (void)state;
    assert_int_equal(users_rights(SECURITY_INBOX_SDDL) & DROP_RIGHTS, FILE_ADD_FILE);
    assert_int_equal(users_rights(SECURITY_PRIVATE_SDDL), 0);
}

static void access_when_any_ordinary_group_may_then_counted(void **state)
{
    static const char *const groups[] = {"BU", "AU", "IU", "WD"};
    char sddl[64];

    (void)state;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        snprintf(sddl, sizeof sddl, "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;%s)", groups[i]);
        assert_int_equal(users_rights(sddl) & DROP_RIGHTS, FILE_LIST_DIRECTORY);
    }
    assert_int_equal(users_rights("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;LS)"), 0);
}

static void access_when_rights_are_generic_then_mapped(void **state)
{
    (void)state;
    assert_int_equal(users_rights("D:P(A;;GR;;;BU)") & DROP_RIGHTS, FILE_LIST_DIRECTORY);
    assert_int_equal(users_rights("D:P(A;;GA;;;BU)") & DROP_RIGHTS, DROP_RIGHTS);
}

static void access_when_denied_before_then_not_granted_and_after_it_is(void **state)
{
    (void)state;
    assert_int_equal(users_rights("D:P(D;;0x1;;;BU)(A;;0x3;;;BU)") & DROP_RIGHTS, FILE_ADD_FILE);
    assert_int_equal(users_rights("D:P(A;;0x3;;;BU)(D;;0x1;;;BU)") & DROP_RIGHTS, DROP_RIGHTS);
}

static void access_when_entry_is_for_what_is_inside_only_then_not_counted(void **state)
{
    (void)state;
    assert_int_equal(users_rights("D:P(A;OICIIO;FA;;;BU)"), 0);
}

static void access_when_there_is_no_list_then_everything(void **state)
{
    (void)state;
    assert_int_equal(access_of_users(NULL) & DROP_RIGHTS, DROP_RIGHTS);
}

static void image_when_header_is_cut_or_wild_then_no_image(void **state)
{
    const char *folder = harness_folder();
    char self[1024], *path = path_joined(folder, "image.bin");
    struct buffer bytes;
    uint16_t machine = 0;
    uint32_t header, wild[] = {0xffffffff, 0x0fffffff, 0x7fffffff};
    DWORD chars = GetModuleFileNameA(NULL, self, sizeof self);

    (void)state;
    assert_true(chars && chars < sizeof self);
    buffer_init(&bytes, MAX_EXE_SIZE);
    assert_int_equal(file_read_whole(self, MAX_EXE_SIZE, &bytes), ST_OK);
    assert_int_equal(image_machine(self, &machine), ST_OK);
    assert_int_equal(image_is_32_bit(machine), sizeof(void *) == 4);
    memcpy(&header, bytes.data + 60, sizeof header);
    for (size_t size = 0; size < header + 6; size++) {
        assert_int_equal(file_write_whole(path, bytes.data, size), ST_OK);
        assert_int_equal(image_machine(path, &machine), ST_FORMAT);
    }
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        memcpy(bytes.data + 60, &wild[i], sizeof wild[i]);
        assert_int_equal(file_write_whole(path, bytes.data, 4096), ST_OK);
        assert_int_equal(image_machine(path, &machine), ST_FORMAT);
    }
    buffer_done(&bytes);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_when_folders_are_as_install_makes_them_then_users_create_and_do_not_list),
        cmocka_unit_test(access_when_any_ordinary_group_may_then_counted),
        cmocka_unit_test(access_when_rights_are_generic_then_mapped),
        cmocka_unit_test(access_when_denied_before_then_not_granted_and_after_it_is),
        cmocka_unit_test(access_when_entry_is_for_what_is_inside_only_then_not_counted),
        cmocka_unit_test(access_when_there_is_no_list_then_everything),
        cmocka_unit_test(image_when_header_is_cut_or_wild_then_no_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
