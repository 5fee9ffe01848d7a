#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Landlock (landlock(7)) by system calls: glibc has no functions for it. The structures and rights are declared here, because the
// kernel's headers on a machine that builds can be older than the kernel that runs the program. The numbers of the system calls
// are the same on all architectures.

struct aura_landlock_ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

struct aura_landlock_path {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

// The rights to files and directories, by the version of the interface (ABI) that added them.
enum aura_landlock_right {
    aura_landlock_execute = 1 << 0,
    aura_landlock_write_file = 1 << 1,
    aura_landlock_read_file = 1 << 2,
    aura_landlock_read_dir = 1 << 3,
    aura_landlock_make_character_device = 1 << 6,
    aura_landlock_make_block_device = 1 << 11,
    aura_landlock_all_of_abi_1 = (1 << 13) - 1,
    aura_landlock_refer = 1 << 13,     // ABI 2
    aura_landlock_truncate = 1 << 14,  // ABI 3
    // The rights that a file can have; the others are for directories.
    aura_landlock_of_files =
        aura_landlock_execute | aura_landlock_write_file | aura_landlock_read_file | aura_landlock_truncate
};

// O_PATH of x86 and ARM; fcntl.h declares it for GNU sources only, and this header is compiled without.
enum { aura_landlock_open_path = 010000000 };

// No connections to the abstract sockets of processes outside, and no signals to them: ABI 6.
static const uint64_t aura_landlock_scopes = 3;

/// Returns the version of the interface, from 1, or 0 if the kernel has no Landlock or does not use it.
static inline int aura_landlock_version(void) {
    long version = syscall(444, NULL, (size_t)0, 1U);
    return version > 0 ? (int)version : 0;
}

/// Returns the rights that a kernel with this version can restrict.
static inline uint64_t aura_landlock_rights(int version) {
    uint64_t rights = aura_landlock_all_of_abi_1;
    if (version >= 2) rights |= aura_landlock_refer;
    if (version >= 3) rights |= aura_landlock_truncate;
    return rights;
}

/// Returns the rights to read and to execute.
static inline uint64_t aura_landlock_reading(void) {
    return aura_landlock_execute | aura_landlock_read_file | aura_landlock_read_dir;
}

/// Returns the rights of this version without that to make devices, because a device of root's could be the disk.
static inline uint64_t aura_landlock_writing(int version) {
    return aura_landlock_rights(version) & ~(uint64_t)(aura_landlock_make_character_device | aura_landlock_make_block_device);
}

/// Creates a set of rules that denies every right of this version. Returns its descriptor, or -1.
static inline int aura_landlock_create(int version) {
    struct aura_landlock_ruleset rules = {aura_landlock_rights(version), 0, version >= 6 ? aura_landlock_scopes : 0};
    return (int)syscall(444, &rules, sizeof rules, 0U);
}

/// Allows rights to a file, or to a directory with all that is below it. Returns 0, 1 if there is no such path, or -1.
static inline int aura_landlock_allow(int ruleset, const char *path, uint64_t rights) {
    int descriptor = open(path, aura_landlock_open_path | O_CLOEXEC);
    if (descriptor < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 1 : -1;
    struct stat facts;
    int result = fstat(descriptor, &facts);
    if (result == 0) {
        if (!S_ISDIR(facts.st_mode)) rights &= aura_landlock_of_files;
        struct aura_landlock_path rule = {rights, descriptor};
        result = (int)syscall(445, ruleset, 1U, &rule, 0U);
    }
    close(descriptor);
    return result;
}

/// Removes the capabilities with which root could leave a confinement from the programs that the calling thread starts: to
/// load modules, to use raw devices and to make them, to trace and to read other processes, and to administer the system. Other
/// users have none of them.
static inline void aura_drop_capabilities(void) {
    // CAP_SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_ADMIN, SYS_BOOT, MKNOD, MAC_OVERRIDE, MAC_ADMIN, SYSLOG, PERFMON, BPF,
    // CHECKPOINT_RESTORE: linux/capability.h.
    static const int capabilities[] = {16, 17, 19, 21, 22, 27, 32, 33, 34, 38, 39, 40};
    for (unsigned place = 0; place < sizeof capabilities / sizeof *capabilities; place++)
        prctl(PR_CAPBSET_DROP, capabilities[place], 0, 0, 0);
}

/// Applies the rules to the calling thread and to every program that it starts, for ever. Returns 0 or -1.
static inline int aura_landlock_restrict(int ruleset) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return (int)syscall(446, ruleset, 0U);
}
