import { Title } from '@mantine/core'
import type { Task } from 'backbeat/client'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDuration } from '../format/duration.ts'

/** What holds for a task's jobs: where they wait, how long they may run, how often they are tried. */
export function TaskLimits({ task }: { task: Task }) {
  const { t, i18n } = useTranslation()
  const duration = (ms: number | null) => (ms === null ? t('tasks.noLimit') : formatDuration(ms, i18n.language))
  const { backoff, max_attempts } = task.retry
  const facts: [name: string, value: ReactNode][] = [
    ['queue', task.queue],
    ['priority', String(task.priority)],
    ['attempts', String(max_attempts)],
    [
      'backoff',
      max_attempts > 1
        ? t('tasks.backoffFromTo', { first: duration(backoff.first_ms), max: duration(backoff.max_ms) })
        : '–',
    ],
    ['softLimit', duration(task.limits.soft_ms)],
    ['hardLimit', duration(task.limits.hard_ms)],
    [
      'concurrency',
      task.concurrency.length === 0
        ? t('tasks.noLimit')
        : task.concurrency
            .map(({ limit, is_keyed }) => t(is_keyed ? 'tasks.atOnceKeyed' : 'tasks.atOnce', { count: limit }))
            .join(', '),
    ],
    [
      'rate',
      task.rate === null
        ? t('tasks.noLimit')
        : t(task.rate.is_keyed ? 'tasks.perKeyed' : 'tasks.per', {
            count: task.rate.limit,
            time: duration(task.rate.per_ms),
          }),
    ],
    ['unique', t(task.unique ? 'tasks.uniqueYes' : 'tasks.uniqueNo')],
    ['expires', task.expires_ms === null ? t('tasks.never') : duration(task.expires_ms)],
    ['redeliveries', String(task.max_redeliveries)],
    ['pool', task.pool ?? t('tasks.poolOfWorker')],
    ['transactional', t(task.transactional ? 'form.yes' : 'form.no')],
  ]
  return (
    <section className="panel">
      <Title order={2}>{t('tasks.limits')}</Title>
      <dl className="facts" style={{ padding: '12px 14px' }}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{t(`tasks.${name}`)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
