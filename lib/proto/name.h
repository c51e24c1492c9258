/* name.h - names shared by programs, .reg files and tests: registry keys and values, environment, arguments. */
#ifndef SALVOR_PROTO_NAME_H
#define SALVOR_PROTO_NAME_H

/* Registry keys below HKLM (64-bit view). */
#define NAME_KEY_SETTINGS    "SOFTWARE\\Salvor"
#define NAME_KEY_POLICY      "SOFTWARE\\Policies\\Salvor"
#define NAME_KEY_LOCALDUMPS  "SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps"
#define NAME_KEY_WER_MODULES "SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\RuntimeExceptionHelperModules"
#define NAME_KEY_WER_MODULES_X86                                                                                                           \
    "SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\Windows Error Reporting\\RuntimeExceptionHelperModules" /* 32-bit view */
#define NAME_KEY_LOCALDUMPS_WIDE  L"SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps"
#define NAME_KEY_WER_MODULES_WIDE L"SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\RuntimeExceptionHelperModules"
#define NAME_KEY_MACHINE          "SOFTWARE\\Microsoft\\Cryptography"
#define NAME_VALUE_MACHINE        "MachineGuid"

/* LocalDumps values. */
#define NAME_VALUE_DUMP_FOLDER  "DumpFolder"
#define NAME_VALUE_DUMP_COUNT   "DumpCount"
#define NAME_VALUE_DUMP_TYPE    "DumpType"
#define NAME_VALUE_CUSTOM_FLAGS "CustomDumpFlags"

/* What .reg files set unless told otherwise. */
#define NAME_DEFAULT_DATA       "C:\\ProgramData\\Salvor"        /* collector's data folder: inbox, dumps, queue */
#define NAME_DEFAULT_DUMPS      "C:\\ProgramData\\Salvor\\dumps" /* LocalDumps' DumpFolder */
#define NAME_DEFAULT_DUMP_COUNT 10u
#define NAME_DEFAULT_DUMP_TYPE  1u     /* 0 custom, 1 mini, 2 full */
#define NAME_DEFAULT_DUMP_FLAGS 0x121u /* CustomDumpFlags, as Windows has it; counts for DumpType 0 */
#define NAME_DEFAULT_MODULE     "C:\\Program Files\\Salvor\\salvor-wer.dll"
#define NAME_DEFAULT_MODULE_X86 "C:\\Program Files\\Salvor\\x86\\salvor-wer.dll"

/* Folders below the collector's data folder. */
#define NAME_FILE_LAST_CRASH "last-crash" /* in a program's spool folder: id of the report of its last crash */
#define NAME_FOLDER_INBOX    "inbox"
#define NAME_FOLDER_DUMPS    "dumps"
#define NAME_FOLDER_QUEUE    "queue"

/* Where WER leaves dumps of a packaged program, below its package's LocalState. */
#define NAME_PACKAGE_DUMPS      "Salvor\\dumps"
#define NAME_PACKAGE_DUMPS_WIDE L"Salvor\\dumps"

#define NAME_SERVICE_WIDE L"Salvor" /* the machine-wide collector's service */

#define NAME_ENV_PIPE    "SALVOR_PIPE"
#define NAME_ENV_KEY     "SALVOR_KEY" /* ingest key for salvor-upload, so that it is not in a command line */
#define NAME_ARG_MONITOR "--crash-monitor"
#define NAME_WER_MODULE  "salvor-wer.dll"
#define NAME_UPLOAD      "salvor-upload.exe"
#define NAME_COLLECTOR   "salvor-collector.exe"
#define NAME_CRASHER     "salvor-crash.exe" /* dies as asked, for `doctor --crash` */

#endif
