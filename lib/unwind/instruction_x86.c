/* instruction_x86.c - opcode maps of 32-bit code (Intel SDM volume 2, appendix A), one letter for each opcode:
 *   . no operand bytes   M ModRM   b imm8   w imm16   z imm16/32   a address   f far pointer   e imm16 and imm8
 *   B ModRM and imm8   Z ModRM and imm16/32   3 ModRM, with an immediate for /0 and /1 (imm8)   4 the same with imm16/32
 *   p prefix   x not here */
#include "unwind/instruction_x86.h"
#include "base/bytes.h"
#include <string.h>

static const char one_byte[] = "MMMMbz..MMMMbz.x" /* 00 */
                               "MMMMbz..MMMMbz.." /* 10 */
                               "MMMMbzp.MMMMbzp." /* 20 */
                               "MMMMbzp.MMMMbzp." /* 30 */
                               "................" /* 40 */
                               "................" /* 50 */
                               "..xMppppzZbB...." /* 60 */
                               "bbbbbbbbbbbbbbbb" /* 70 */
                               "BZBBMMMMMMMMMMMM" /* 80 */
                               "..........f....." /* 90 */
                               "aaaa....bz......" /* a0 */
                               "bbbbbbbbzzzzzzzz" /* b0 */
                               "BBw.MMBZe.w..b.." /* c0 */
                               "MMMMbb..MMMMMMMM" /* d0 */
                               "bbbbbbbbzzfb...." /* e0 */
                               "p.pp..34......MM" /* f0 */;

static const char two_byte[] = "MMMMx.....x.xMxx" /* 00 */
                               "MMMMMMMMMMMMMMMM" /* 10 */
                               "MMMMxxxxMMMMMMMM" /* 20 */
                               "......x.xxxxxxxx" /* 30 */
                               "MMMMMMMMMMMMMMMM" /* 40 */
                               "MMMMMMMMMMMMMMMM" /* 50 */
                               "MMMMMMMMMMMMMMMM" /* 60 */
                               "BBBBMMM.MMxxMMMM" /* 70 */
                               "zzzzzzzzzzzzzzzz" /* 80 */
                               "MMMMMMMMMMMMMMMM" /* 90 */
                               "...MBMxx...MBMMM" /* a0 */
                               "MMMMMMMMMMBMMMMM" /* b0 */
                               "MMBMBBBM........" /* c0 */
                               "MMMMMMMMMMMMMMMM" /* d0 */
                               "MMMMMMMMMMMMMMMM" /* e0 */
                               "MMMMMMMMMMMMMMMM" /* f0 */;

/* ModRM with what belongs to it; 0 when it is cut off. */
static size_t modrm_length(const uint8_t *code, size_t size)
{
    uint8_t mod, rm;
    size_t length = 1;

    if (!size)
        return 0;
    mod = code[0] >> 6;
    rm = code[0] & 7;
    if (mod == 3)
        return 1;
    if (rm == 4) {
        if (size < 2)
            return 0;
        length++;
        if (!mod && (code[1] & 7) == 5)
            length += 4;
    }
    if (mod == 1)
        length += 1;
    else if (mod == 2 || (!mod && rm == 5))
        length += 4;
    return length <= size ? length : 0;
}

/* Bytes behind the opcode for a letter of the maps; SIZE_MAX when there is no such instruction. */
static size_t operand_length(char letter, const uint8_t *code, size_t size, size_t wide)
{
    size_t modrm = strchr("MBZ34", letter) ? modrm_length(code, size) : 0;
    bool has_test_immediate = size && (code[0] >> 3 & 7) < 2;

    if (strchr("MBZ34", letter) && !modrm)
        return SIZE_MAX;
    switch (letter) {
    case '.':
    case 'M':
        return modrm;
    case 'b':
    case 'B':
        return modrm + 1;
    case 'w':
        return 2;
    case 'e':
        return 3;
    case 'z':
    case 'Z':
        return modrm + wide;
    case 'a':
        return 4;
    case 'f':
        return 2 + wide;
    case '3':
        return modrm + (has_test_immediate ? 1 : 0);
    case '4':
        return modrm + (has_test_immediate ? wide : 0);
    default:
        return SIZE_MAX;
    }
}

/* VEX: the opcode map stands in the prefix; all of its instructions have a ModRM but for one. */
static size_t vex_length(const uint8_t *code, size_t size)
{
    size_t prefix = code[0] == 0xc5 ? 2 : 3, modrm;
    unsigned map = size > 1 && prefix == 3 ? code[1] & 31 : 1;

    if (size <= prefix)
        return 0;
    if (map == 1 && code[prefix] == 0x77)
        return prefix + 1;
    modrm = modrm_length(code + prefix + 1, size - prefix - 1);
    if (!modrm || map < 1 || map > 3)
        return 0;
    modrm += map == 3 || (map == 1 && two_byte[code[prefix]] == 'B') ? 1 : 0;
    return prefix + 1 + modrm <= size ? prefix + 1 + modrm : 0;
}

/* Length from the opcode on; 0: cut off or unknown. */
static size_t opcode_length(const uint8_t *code, size_t size, size_t wide)
{
    size_t opcode = 1, operands;
    char letter;

    if (!size)
        return 0;
    if ((code[0] == 0xc4 || code[0] == 0xc5) && size > 1 && code[1] >= 0xc0)
        return vex_length(code, size);
    letter = one_byte[code[0]];
    if (code[0] == 0x0f) {
        if (size < 3)
            return size == 2 && two_byte[code[1]] == '.' ? 2 : 0;
        opcode = code[1] == 0x38 || code[1] == 0x3a ? 3 : 2;
        letter = opcode == 2 ? two_byte[code[1]] : code[1] == 0x38 ? 'M' : 'B';
    }
    operands = operand_length(letter, code + opcode, size - opcode, wide);
    return operands == SIZE_MAX || opcode + operands > size ? 0 : opcode + operands;
}

static int32_t signed_byte(uint8_t byte)
{
    return (int8_t)byte;
}

/* Group instructions that name esp: add, sub, and, lea, mov. */
static void esp_effect(const uint8_t *code, struct x86_instruction *ret)
{
    if (code[0] == 0x83 && (code[1] == 0xc4 || code[1] == 0xec))
        ret->taken = code[1] == 0xec ? signed_byte(code[2]) : -(int64_t)signed_byte(code[2]);
    else if (code[0] == 0x81 && (code[1] == 0xc4 || code[1] == 0xec))
        ret->taken = code[1] == 0xec ? (int32_t)bytes_u32(code + 2) : -(int64_t)(int32_t)bytes_u32(code + 2);
    else if (code[0] == 0x8d && code[1] == 0x64 && code[2] == 0x24)
        ret->taken = -(int64_t)signed_byte(code[3]);
    else if (code[0] == 0x8d && code[1] == 0xa4 && code[2] == 0x24)
        ret->taken = -(int64_t)(int32_t)bytes_u32(code + 3);
    else if (((code[0] & 0xfc) == 0x80 && (code[1] & 0xc7) == 0xc4 && code[1] != 0xfc) ||
             ((code[0] == 0x8b || code[0] == 0x8d) && (code[1] & 0x38) == 0x20) ||
             ((code[0] == 0x89 || code[0] == 0x87 || code[0] == 0x01 || code[0] == 0x29) && (code[1] & 0xc7) == 0xc4))
        ret->kind = X86_UNKNOWN;
    ret->is_cleanup = ret->taken < 0;
}

static void effect_read(const uint8_t *code, struct x86_instruction *ret)
{
    uint8_t group = code[1] >> 3 & 7;

    switch (code[0]) {
    case 0x68:
    case 0x6a:
    case 0x9c:
        ret->taken = 4;
        return;
    case 0x8f:
    case 0x9d:
        ret->taken = -4;
        return;
    case 0xe8:
        ret->kind = X86_CALL;
        ret->is_direct = true;
        ret->target = (int32_t)bytes_u32(code + 1);
        return;
    case 0xe9:
    case 0xeb:
        ret->kind = X86_JUMP;
        ret->is_direct = true;
        ret->target = code[0] == 0xeb ? signed_byte(code[1]) : (int32_t)bytes_u32(code + 1);
        return;
    case 0xc2:
    case 0xc3:
        ret->kind = X86_JUMP;
        return;
    case 0x60:
    case 0x61:
    case 0x94:
    case 0xbc:
    case 0xc8:
    case 0xc9:
        ret->kind = X86_UNKNOWN;
        return;
    case 0xff:
        ret->kind = group == 2 || group == 3 ? X86_CALL : group == 4 || group == 5 ? X86_JUMP : X86_PLAIN;
        ret->taken = group == 6 ? 4 : 0;
        return;
    default:
        if ((code[0] & 0xf0) == 0x50) {
            ret->taken = code[0] < 0x58 ? 4 : -4;
            ret->is_cleanup = code[0] == 0x59;
            ret->kind = code[0] == 0x5c ? X86_UNKNOWN : X86_PLAIN;
        } else {
            esp_effect(code, ret);
        }
        return;
    }
}

size_t x86_instruction_read(const uint8_t *code, size_t size, struct x86_instruction *ret)
{
    uint8_t whole[X86_MAX_INSTRUCTION + 8] = {0};
    size_t prefixes = 0, length, wide = 4;

    if (size > X86_MAX_INSTRUCTION)
        size = X86_MAX_INSTRUCTION;
    for (; prefixes < size && one_byte[code[prefixes]] == 'p'; prefixes++) {
        if (code[prefixes] == 0x67)
            return 0; /* 16-bit addresses: nobody writes them */
        if (code[prefixes] == 0x66)
            wide = 2;
    }
    length = opcode_length(code + prefixes, size - prefixes, wide);
    if (!length)
        return 0;
    memcpy(whole, code + prefixes, length);
    *ret = (struct x86_instruction){.length = prefixes + length};
    effect_read(whole, ret);
    if (wide == 2 && ret->taken)
        ret->kind = X86_UNKNOWN;
    return ret->length;
}
