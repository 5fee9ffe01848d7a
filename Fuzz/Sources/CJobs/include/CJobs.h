#pragma once

/// Passes every job of the global executor to `take` instead of to a thread.
void aura_fuzz_take_jobs(void (*take)(void *job));

/// Runs such a job on this thread.
void aura_fuzz_run_job(void *job);
