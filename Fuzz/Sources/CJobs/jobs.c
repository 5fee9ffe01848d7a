#include "CJobs.h"

#include <stdint.h>
#include <stddef.h>

// The concurrency runtime's hook for this purpose (stdlib/public/Concurrency in Swift's repository).
typedef __attribute__((swiftcall)) void (*enqueue_original)(void *job);
typedef __attribute__((swiftcall)) void (*enqueue_hook)(void *job, enqueue_original original);
extern enqueue_hook swift_task_enqueueGlobal_hook;
extern __attribute__((swiftcall)) void swift_job_run(void *job, void *executor, uintptr_t implementation);

static void (*taker)(void *job);

static __attribute__((swiftcall)) void enqueue(void *job, enqueue_original original) {
    (void)original;
    taker(job);
}

void aura_fuzz_take_jobs(void (*take)(void *job)) {
    taker = take;
    swift_task_enqueueGlobal_hook = enqueue;
}

// An executor without an identity is the global one.
void aura_fuzz_run_job(void *job) { swift_job_run(job, NULL, 0); }
