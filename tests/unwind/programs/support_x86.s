# support_x86.s - the stack probe that compilers call, and what a program without a C library must have.
    .text
    .globl __chkstk
    .globl __fltused
    .globl _chkstk_switched
# Takes eax bytes from the stack, probing each page; keeps all registers but eax. No record can say how to unwind from its last
# instructions, which run on the new stack.
__chkstk:
    .cv_fpo_proc __chkstk 0
    pushl %ecx
    .cv_fpo_pushreg %ecx
    .cv_fpo_endprologue
    leal 8(%esp), %ecx
1:  cmpl $0x1000, %eax
    jb 2f
    subl $0x1000, %ecx
    orl $0, (%ecx)
    subl $0x1000, %eax
    jmp 1b
2:  subl %eax, %ecx
    orl $0, (%ecx)
    movl %esp, %eax
    movl %ecx, %esp
_chkstk_switched:
    movl (%eax), %ecx
    movl 4(%eax), %eax
    pushl %eax
    ret
    .cv_fpo_endproc
    .data
__fltused:
    .long 1
    .section .debug$S,"dr"
    .p2align 2
    .long 4
    .cv_fpo_data __chkstk
    .cv_stringtable
