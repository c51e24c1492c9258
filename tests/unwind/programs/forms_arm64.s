// forms_arm64.s - unwind information that compilers at hand do not write: every form of packed data, codes of every kind, several
// epilogues, a function in pieces. Tables are written out by hand.

// packed NAME, saved floats, saved integers, homes parameters, kind of chain, bytes of the frame, 1 = whole function or 2 = piece
    .macro packed name, floats, integers, homes, chain, frame, flag=1
    .rva \name
    .long \flag | ((\name\()_end-\name)/4)<<2 | \floats<<13 | \integers<<16 | \homes<<20 | \chain<<21 | (\frame/16)<<23
    .endm

    .text
    .globl start
start:
    stp x19, x20, [sp, #-16]!
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    mov x19, #1
    mov x20, #2
    bl homed
    bl homed_saved
    bl signed
    bl floats
    bl far_chain
    bl odd_pair
    bl odd_alone
    bl one_alone
    bl leaf_floats
    bl codes
    bl any_codes
    bl pieces
    bl long_frame
    ldp x29, x30, [sp], #16
    ldp x19, x20, [sp], #16
    ret
start_end:

leaf:
    add x0, x0, #1
    ret

// The parameters' stores make the room.
homed:
    stp x0, x1, [sp, #-64]!
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x29, x30, [sp, #-32]!
    mov x29, sp
    bl leaf
    ldp x29, x30, [sp], #32
    add sp, sp, #64
    ret
homed_end:

homed_saved:
    stp x19, x20, [sp, #-96]!
    str x30, [sp, #16]
    stp x0, x1, [sp, #24]
    stp x2, x3, [sp, #40]
    stp x4, x5, [sp, #56]
    stp x6, x7, [sp, #72]
    mov x19, #3
    bl leaf
    ldr x30, [sp, #16]
    ldp x19, x20, [sp], #96
    ret
homed_saved_end:

signed:
    pacibsp
    stp x19, x20, [sp, #-48]!
    str x21, [sp, #16]
    stp d8, d9, [sp, #24]
    str d10, [sp, #40]
    stp x29, x30, [sp, #-32]!
    mov x29, sp
    mov x21, #4
    fmov d8, x21
    fmov d10, x21
    bl leaf
    ldp x29, x30, [sp], #32
    ldr d10, [sp, #40]
    ldp d8, d9, [sp, #24]
    ldr x21, [sp, #16]
    ldp x19, x20, [sp], #48
    autibsp
    ret
signed_end:

// A frame so large that it takes two steps.
floats:
    str x30, [sp, #-32]!
    stp d8, d9, [sp, #8]
    sub sp, sp, #4080
    sub sp, sp, #16
    mov x0, #5
    fmov d9, x0
    bl leaf
    add sp, sp, #16
    add sp, sp, #4080
    ldp d8, d9, [sp, #8]
    ldr x30, [sp], #32
    ret
floats_end:

far_chain:
    sub sp, sp, #544
    stp x29, x30, [sp]
    mov x29, sp
    bl leaf
    ldp x29, x30, [sp]
    add sp, sp, #544
    ret
far_chain_end:

odd_pair:
    stp x19, x20, [sp, #-48]!
    stp x21, x22, [sp, #16]
    stp x23, x30, [sp, #32]
    sub sp, sp, #16
    mov x19, #6
    mov x22, #6
    mov x23, #6
    bl leaf
    add sp, sp, #16
    ldp x23, x30, [sp, #32]
    ldp x21, x22, [sp, #16]
    ldp x19, x20, [sp], #48
    ret
odd_pair_end:

odd_alone:
    stp x19, x20, [sp, #-32]!
    str x21, [sp, #16]
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    mov x21, #7
    bl leaf
    ldp x29, x30, [sp], #16
    ldr x21, [sp, #16]
    ldp x19, x20, [sp], #32
    ret
odd_alone_end:

one_alone:
    str x19, [sp, #-16]!
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    mov x19, #8
    bl leaf
    ldp x29, x30, [sp], #16
    ldr x19, [sp], #16
    ret
one_alone_end:

leaf_floats:
    stp d8, d9, [sp, #-32]!
    stp d10, d11, [sp, #16]
    mov x0, #9
    fmov d8, x0
    fmov d11, x0
    ldp d10, d11, [sp, #16]
    ldp d8, d9, [sp], #32
    ret
leaf_floats_end:

// Full data: a code of nearly every kind, and two epilogues of which one is in the middle.
codes:
    str x28, [sp, #-16]!
    str d15, [sp, #-16]!
    stp d11, d12, [sp, #-16]!
    stp x19, x20, [sp, #-112]!
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x30, [sp, #48]
    str d8, [sp, #64]
    stp d9, d10, [sp, #72]
    str x29, [sp, #88]
    add x29, sp, #16
    nop
    mov x28, #10
    mov x19, #11
    mov x24, #12
    fmov d15, x24
    fmov d12, x24
    fmov d8, x24
    fmov d10, x24
    bl leaf
    cbnz x0, 1f
codes_early:
    ldr x29, [sp, #88]
    ldp d9, d10, [sp, #72]
    ldr d8, [sp, #64]
    ldp x25, x30, [sp, #48]
    ldp x23, x24, [sp, #32]
    ldp x21, x22, [sp, #16]
    ldp x19, x20, [sp], #112
    ldp d11, d12, [sp], #16
    ldr d15, [sp], #16
    ldr x28, [sp], #16
    ret
1:  sub sp, sp, #256
    bl leaf
codes_late:
    sub sp, x29, #16
    ldr x29, [sp, #88]
    ldp d9, d10, [sp, #72]
    ldr d8, [sp, #64]
    ldp x25, x30, [sp, #48]
    ldp x23, x24, [sp, #32]
    ldp x21, x22, [sp, #16]
    ldp x19, x20, [sp], #112
    ldp d11, d12, [sp], #16
    ldr d15, [sp], #16
    ldr x28, [sp], #16
    ret
codes_end:

// "Any register": whole vectors, pairs and single ones, with and without making room.
any_codes:
    stp q8, q9, [sp, #-64]!
    str q10, [sp, #32]
    stp x29, x30, [sp, #-32]!
    stp x27, x28, [sp, #16]
    mov x0, #13
    mov x28, x0
    fmov d8, x0
    fmov d10, x0
    bl leaf
    ldp x27, x28, [sp, #16]
    ldp x29, x30, [sp], #32
    ldr q10, [sp, #32]
    ldp q8, q9, [sp], #64
    ret
any_codes_end:

// One function in three pieces: the second has full data that begins with the end of its own instructions, the third packed data.
pieces:
    stp x19, x20, [sp, #-32]!
    str x30, [sp, #16]
    mov x19, #14
    bl leaf
    b pieces_2nd
pieces_end:
    nop
pieces_2nd:
    bl leaf
    mov x20, #15
    b pieces_3rd
pieces_2nd_end:
    nop
pieces_3rd:
    bl leaf
    b pieces_last
pieces_3rd_end:
pieces_last:
    ldr x30, [sp, #16]
    ldp x19, x20, [sp], #32
    ret
pieces_last_end:

// Beyond what one code of two bytes can say, under a header of the long form.
long_frame:
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    mov x15, #0x1000
    bl probe
    sub sp, sp, x15, lsl #4
    bl leaf
    add sp, sp, #0x10, lsl #12
    ldp x29, x30, [sp], #16
    ret
long_frame_end:

probe:
    ldr xzr, [sp]
    ret

    .section .xdata,"dr"
    .balign 4
x_codes:
    .long (codes_end-codes)/4 | 2<<22 | 7<<27
    .long (codes_early-codes)/4 | (x_codes_early-x_codes_codes)<<22
    .long (codes_late-codes)/4 | (x_codes_late-x_codes_codes)<<22
x_codes_codes:
    .byte 0xe3
x_codes_late:
    .byte 0xe2, 2
x_codes_early:
    .byte 0xd2, 0x8b // x29 at 88
    .byte 0xd8, 0x49 // d9, d10 at 72
    .byte 0xdc, 0x08 // d8 at 64
    .byte 0xd6, 0xc6 // x25, lr at 48
    .byte 0xe6, 0xe6 // x23, x24 and x21, x22
    .byte 0xcc, 0x0d // x19, x20 and 112 bytes
    .byte 0xda, 0xc1 // d11, d12 and 16 bytes
    .byte 0xde, 0xe1 // d15 and 16 bytes
    .byte 0xd5, 0x21 // x28 and 16 bytes
    .byte 0xe4
    .balign 4
x_any_codes:
    .long (any_codes_end-any_codes)/4 | 1<<21 | 0<<22 | 4<<27
    .byte 0xe7, 0x5b, 0x01 // x27, x28 at 16
    .byte 0xe7, 0x7d, 0x01 // x29, x30 and 32 bytes
    .byte 0xe7, 0x0a, 0x82 // q10 at 32
    .byte 0xe7, 0x68, 0x83 // q8, q9 and 64 bytes
    .byte 0xe4, 0, 0, 0
    .balign 4
x_pieces:
    .long (pieces_end-pieces)/4 | 1<<27
    .byte 0xd2, 0xc2, 0x24, 0xe4
    .balign 4
x_pieces_2nd:
    .long (pieces_2nd_end-pieces_2nd)/4 | 2<<27
    .byte 0xe5, 0xd2, 0xc2, 0x24, 0xe4, 0, 0, 0
    .balign 4
x_pieces_last:
    .long (pieces_last_end-pieces_last)/4 | 1<<21 | 1<<22 | 2<<27
    .byte 0xe5, 0xd2, 0xc2, 0x24, 0xe4, 0, 0, 0
    .balign 4
x_long_frame:
    .long (long_frame_end-long_frame)/4
    .long 1 | 4<<16
    .long ((long_frame_end-long_frame)/4-3) | 10<<22
    .byte 0xe0, 0x00, 0x10, 0x00 // 65536 bytes
    .byte 0xe3, 0xe3             // the probe
    .byte 0xe1, 0x81, 0xe4, 0
    .byte 0xe0, 0x00, 0x10, 0x00
    .byte 0x81, 0xe4
    .balign 4

    .section .pdata,"dr"
    .balign 4
    packed start, 0, 2, 0, 3, 32
    packed homed, 0, 0, 1, 3, 96
    packed homed_saved, 0, 2, 1, 1, 96
    packed signed, 2, 3, 0, 2, 80
    packed floats, 1, 0, 0, 1, 4128
    packed far_chain, 0, 0, 0, 3, 544
    packed odd_pair, 0, 5, 0, 1, 64
    packed odd_alone, 0, 3, 0, 3, 48
    packed one_alone, 0, 1, 0, 3, 32
    packed leaf_floats, 3, 0, 0, 0, 32
    .rva codes, x_codes
    .rva any_codes, x_any_codes
    .rva pieces, x_pieces
    .rva pieces_2nd, x_pieces_2nd
    packed pieces_3rd, 0, 2, 0, 1, 32, 2
    .rva pieces_last, x_pieces_last
    .rva long_frame, x_long_frame
