# support_x64.s - the stack probe that compilers call, in the two spellings, and what a program without a C library must have.
    .text
    .globl __chkstk
    .globl ___chkstk_ms
    .globl _fltused
# Both probe rax bytes below the caller's rsp and keep all registers.
    .seh_proc __chkstk
__chkstk:
___chkstk_ms:
    pushq %rcx
    .seh_pushreg %rcx
    pushq %rax
    .seh_pushreg %rax
    .seh_endprologue
    leaq 24(%rsp), %rcx
1:  cmpq $0x1000, %rax
    jb 2f
    subq $0x1000, %rcx
    orq $0, (%rcx)
    subq $0x1000, %rax
    jmp 1b
2:  subq %rax, %rcx
    orq $0, (%rcx)
    popq %rax
    popq %rcx
    ret
    .seh_endproc
    .data
_fltused:
    .long 1
