-- Writes the rows of eight five-step jobs in one transaction, with set-based statements: the rows that Aura writes, without Aura.
-- For pgbench, on a database that bench-jobs has opened; jobs = transactions x 8.
SELECT nextval('bench_life') * 8 AS base \gset
BEGIN;
INSERT INTO instance (id, tenant, name, desired, phase, holds_name, document)
SELECT 'limit-' || n, 'default', 'limit-' || n, 'running', 'queued', true, repeat('d', 420)
FROM generate_series(:base, :base + 7) AS n;
INSERT INTO job (id, kind, instance, tenant, change, state, priority, turn, available_at, epoch, written, attempt, progress, deadline,
    definition_version, input, created_at)
SELECT 'limit-' || n, 'provision', 'limit-' || n, 'default', 'limit-' || n, 'queued', 100, 1, 0, 0, 0, 0, 0, 3600000, 1, 'null', 0
FROM generate_series(:base, :base + 7) AS n;
UPDATE job SET state = 'running', epoch = 1, lease_owner = 'limit', lease_until = 30000
FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n;
INSERT INTO step (job, number, name, state, attempt, memory, started_at, deadline)
SELECT 'limit-' || n, 0, 'step', 'intent', 0, 'null', 0, 60000 FROM generate_series(:base, :base + 7) AS n;
UPDATE job SET attempt = 0, progress = 0.2, written = 1 FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n AND epoch = 1;
UPDATE instance SET phase = 'provisioning', document = repeat('e', 420) FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n;
INSERT INTO step (job, number, name, state, attempt, memory, started_at, deadline)
SELECT 'limit-' || n, 1, 'step', 'intent', 0, 'null', 0, 60000 FROM generate_series(:base, :base + 7) AS n;
UPDATE step SET state = 'done', finished_at = 1 FROM generate_series(:base, :base + 7) AS n WHERE job = 'limit-' || n AND number = 0;
UPDATE job SET attempt = 0, progress = 0.4, written = 2 FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n AND epoch = 1;
INSERT INTO step (job, number, name, state, attempt, memory, started_at, deadline)
SELECT 'limit-' || n, 2, 'step', 'intent', 0, 'null', 0, 60000 FROM generate_series(:base, :base + 7) AS n;
UPDATE step SET state = 'done', finished_at = 1 FROM generate_series(:base, :base + 7) AS n WHERE job = 'limit-' || n AND number = 1;
UPDATE job SET attempt = 0, progress = 0.6, written = 3 FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n AND epoch = 1;
INSERT INTO step (job, number, name, state, attempt, memory, started_at, deadline)
SELECT 'limit-' || n, 3, 'step', 'intent', 0, 'null', 0, 60000 FROM generate_series(:base, :base + 7) AS n;
UPDATE step SET state = 'done', finished_at = 1 FROM generate_series(:base, :base + 7) AS n WHERE job = 'limit-' || n AND number = 2;
UPDATE job SET attempt = 0, progress = 0.8, written = 4 FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n AND epoch = 1;
INSERT INTO step (job, number, name, state, attempt, memory, started_at, deadline)
SELECT 'limit-' || n, 4, 'step', 'intent', 0, 'null', 0, 60000 FROM generate_series(:base, :base + 7) AS n;
UPDATE step SET state = 'done', finished_at = 1 FROM generate_series(:base, :base + 7) AS n WHERE job = 'limit-' || n AND number = 3;
UPDATE job SET attempt = 0, progress = 0.9, written = 5 FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n AND epoch = 1;
UPDATE step SET state = 'done', finished_at = 1 FROM generate_series(:base, :base + 7) AS n WHERE job = 'limit-' || n AND number = 4;
UPDATE job SET state = 'succeeded', progress = 1, written = 6, lease_owner = NULL, lease_until = NULL, finished_at = 1
FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n AND epoch = 1;
UPDATE instance SET phase = 'running', document = repeat('j', 420) FROM generate_series(:base, :base + 7) AS n WHERE id = 'limit-' || n;
UPDATE event_head SET seq = seq + 120 WHERE one = 1 RETURNING seq - 120 AS first \gset
INSERT INTO event (seq, at, type, tenant, instance, job, change, phase, message)
SELECT :first + n, 0, 'step.done', 'default', 'limit-' || (:base + n % 8), 'limit-' || (:base + n % 8), 'limit-' || (:base + n % 8), 'running',
    'step took 0.0 s'
FROM generate_series(1, 120) AS n;
COMMIT;
