# forms_x64.s - unwind information that compilers at hand do not write: version 2, chained entries, machine frames, far saves, indirect
# entries, jumps that leave a function. Tables are written out by hand.
    .text
    .globl start
start:
    subq $40, %rsp
start_1:
    movq $0x1111, %rbx
    movq $0x2222, %r12
    call version2
    call version2_far
    call chained
    call machine
    call far
    call obsolete
    call framed
    call jumper
    addq $40, %rsp
    ret
start_end:

leaf:
    leaq 1(%rcx), %rax
    ret

# Version 2, one epilogue at the end.
version2:
    pushq %rbx
version2_1:
    pushq %r12
version2_2:
    subq $32, %rsp
version2_3:
    movq $5, %rbx
    movq $6, %r12
    call leaf
    addq $32, %rsp
version2_e:
    popq %r12
    popq %rbx
    ret
version2_end:

# Version 2, two epilogues, neither at the end.
version2_far:
    pushq %rsi
version2_far_1:
    pushq %r15
version2_far_2:
    subq $40, %rsp
version2_far_3:
    movq $9, %rsi
    movq $9, %r15
    call leaf
    testq %rax, %rax
    jne 1f
    addq $40, %rsp
version2_far_e1:
    popq %r15
    popq %rsi
    ret
1:  call leaf
    addq $40, %rsp
version2_far_e2:
    popq %r15
    popq %rsi
    ret
    nop
    nop
version2_far_end:

# A function in three parts: the second saves one more register, the third goes on from the second.
chained:
    pushq %rbp
chained_1:
    subq $48, %rsp
chained_2:
    movq $77, %rbp
    call leaf
    jmp chained_b
chained_a_end:
chained_b:
    movq %rdi, 40(%rsp)
chained_b_1:
    movq $3, %rdi
    call leaf
    jmp chained_c
chained_b_end:
chained_c:
    call leaf
    movq 40(%rsp), %rdi
    addq $48, %rsp
    popq %rbp
    ret
chained_c_end:

# What exception dispatch leaves: a machine frame under a function's frame. int $0x41 asks the emulator to interrupt this code with an
# error code and go on at rax, int $0x43 without one; int $0x42 returns to the machine frame whose rip stands at rdx.
machine:
    pushq %rbx
machine_1:
    leaq dispatcher(%rip), %rax
    int $0x41
    leaq dispatcher_plain(%rip), %rax
    int $0x43
    call machine_leaf
    popq %rbx
    ret
machine_end:

machine_leaf:
    leaq dispatcher(%rip), %rax
    int $0x41
    ret

dispatcher:
    subq $64, %rsp
dispatcher_1:
    movq $12, %rcx
    call leaf
    leaq 72(%rsp), %rdx
    int $0x42
dispatcher_end:

dispatcher_plain:
    pushq %rbp
dispatcher_plain_1:
    movq $12, %rbp
    call leaf
    movq (%rsp), %rbp
    leaq 8(%rsp), %rdx
    int $0x42
dispatcher_plain_end:

# Registers saved far from rsp.
far:
    subq $0x90008, %rsp
far_1:
    movq %r13, 0x80000(%rsp)
far_2:
    movaps %xmm6, 0x80020(%rsp)
far_3:
    movaps %xmm15, 0x40(%rsp)
far_4:
    movq $1, %r13
    movq %r13, %xmm6
    movq %r13, %xmm15
    call leaf
    movaps 0x40(%rsp), %xmm15
    movaps 0x80020(%rsp), %xmm6
    movq 0x80000(%rsp), %r13
    addq $0x90008, %rsp
    ret
far_end:

# Version 1 with its obsolete half saves, which restore nothing. Its second half stands elsewhere, under an entry that points at the first.
obsolete:
    subq $40, %rsp
obsolete_1:
    call leaf
    jmp indirect
obsolete_end:
    nop
indirect:
    call leaf
    addq $40, %rsp
    ret
indirect_end:

# r13 is the frame register, in the middle of the frame; rsp moves freely.
framed:
    pushq %r13
framed_1:
    subq $48, %rsp
framed_2:
    leaq 32(%rsp), %r13
framed_3:
    movq %rdi, 8(%r13)
framed_4:
    subq $64, %rsp
    movq $8, %rdi
    call leaf
    subq $32, %rsp
    movq 8(%r13), %rdi
    leaq 16(%r13), %rsp
    popq %r13
    ret
framed_end:

# Leaves by jumps of every kind.
jumper:
    pushq %rbx
jumper_1:
    movq $1, %rbx
    leaq jumper_2nd(%rip), %rax
    popq %rbx
    rex64 jmp *%rax
jumper_end:
jumper_2nd:
    pushq %r14
jumper_2nd_1:
    movq $1, %r14
    popq %r14
    jmp *pointer(%rip)
jumper_2nd_end:
jumper_3rd:
    pushq %r14
jumper_3rd_1:
    subq $32, %rsp
jumper_3rd_2:
    call leaf
    addq $32, %rsp
    popq %r14
    jmp leaf
jumper_3rd_end:

    .data
    .balign 8
pointer:
    .quad jumper_3rd

    .section .xdata,"dr"
    .balign 4
x_start:
    .byte 1, start_1-start, 1, 0
    .byte start_1-start, 0x42
    .short 0
    .balign 4
x_version2:
    .byte 2, version2_3-version2, 5, 0
    .byte version2_end-version2_e, 0x16
    .byte 0, 6
    .byte version2_3-version2, 0x32
    .byte version2_2-version2, 0xc0
    .byte version2_1-version2, 0x30
    .short 0
    .balign 4
x_version2_far:
    .byte 2, version2_far_3-version2_far, 7, 0
    .byte 4, 0x06
    .byte version2_far_end-version2_far_e2, 6
    .byte version2_far_end-version2_far_e1, 6
    .byte 0, 6
    .byte version2_far_3-version2_far, 0x42
    .byte version2_far_2-version2_far, 0xf0
    .byte version2_far_1-version2_far, 0x60
    .short 0
    .balign 4
x_chained_a:
    .byte 1, chained_2-chained, 2, 0
    .byte chained_2-chained, 0x52
    .byte chained_1-chained, 0x50
    .balign 4
x_chained_b:
    .byte 0x21, chained_b_1-chained_b, 2, 0
    .byte chained_b_1-chained_b, 0x74
    .short 40/8
    .rva chained, chained_a_end, x_chained_a
    .balign 4
x_chained_c:
    .byte 0x21, 0, 0, 0
    .rva chained_b, chained_b_end, x_chained_b
    .balign 4
x_machine:
    .byte 1, machine_1-machine, 1, 0
    .byte machine_1-machine, 0x30
    .short 0
    .balign 4
x_dispatcher:
    .byte 1, dispatcher_1-dispatcher, 2, 0
    .byte dispatcher_1-dispatcher, 0x72
    .byte 0, 0x1a
    .balign 4
x_dispatcher_plain:
    .byte 1, dispatcher_plain_1-dispatcher_plain, 2, 0
    .byte dispatcher_plain_1-dispatcher_plain, 0x50
    .byte 0, 0x0a
    .balign 4
x_far:
    .byte 1, far_4-far, 11, 0
    .byte far_4-far, 0xf8
    .short 0x40/16
    .byte far_3-far, 0x69
    .long 0x80020
    .byte far_2-far, 0xd5
    .long 0x80000
    .byte far_1-far, 0x11
    .long 0x90008
    .short 0
    .balign 4
x_obsolete:
    .byte 1, obsolete_1-obsolete, 6, 0
    .byte obsolete_1-obsolete, 0x66
    .short 1
    .byte obsolete_1-obsolete, 0x67
    .long 32
    .byte obsolete_1-obsolete, 0x42
    .balign 4
x_framed:
    .byte 1, framed_4-framed, 5, 0x2d
    .byte framed_4-framed, 0x74
    .short 40/8
    .byte framed_3-framed, 0x03
    .byte framed_2-framed, 0x52
    .byte framed_1-framed, 0xd0
    .short 0
    .balign 4
x_jumper:
    .byte 1, jumper_1-jumper, 1, 0
    .byte jumper_1-jumper, 0x30
    .short 0
    .balign 4
x_jumper_2nd:
    .byte 1, jumper_2nd_1-jumper_2nd, 1, 0
    .byte jumper_2nd_1-jumper_2nd, 0xe0
    .short 0
    .balign 4
x_jumper_3rd:
    .byte 1, jumper_3rd_2-jumper_3rd, 2, 0
    .byte jumper_3rd_2-jumper_3rd, 0x32
    .byte jumper_3rd_1-jumper_3rd, 0xe0

    .section .pdata,"dr"
    .balign 4
    .rva start, start_end, x_start
    .rva version2, version2_end, x_version2
    .rva version2_far, version2_far_end, x_version2_far
    .rva chained, chained_a_end, x_chained_a
    .rva chained_b, chained_b_end, x_chained_b
    .rva chained_c, chained_c_end, x_chained_c
    .rva machine, machine_end, x_machine
    .rva dispatcher, dispatcher_end, x_dispatcher
    .rva dispatcher_plain, dispatcher_plain_end, x_dispatcher_plain
    .rva far, far_end, x_far
p_obsolete:
    .rva obsolete, obsolete_end, x_obsolete
    .rva indirect, indirect_end, p_obsolete+1
    .rva framed, framed_end, x_framed
    .rva jumper, jumper_end, x_jumper
    .rva jumper_2nd, jumper_2nd_end, x_jumper_2nd
    .rva jumper_3rd, jumper_3rd_end, x_jumper_3rd
