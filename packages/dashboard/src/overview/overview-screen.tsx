import { Group, SegmentedControl, Stack, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Stats } from 'backbeat/client'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { Screen } from '../ui/screen.tsx'
import { Dot } from '../ui/status.tsx'
import { Duration, Elapsed } from '../ui/time.tsx'
import { Chart } from './chart.tsx'
import { problemsOf } from './problems.ts'

const WINDOWS = ['hour', 'day', 'week'] as const
type Window = (typeof WINDOWS)[number]

export function OverviewScreen() {
  const { t } = useTranslation()
  const [window, setWindow] = useState<Window>('hour')
  const query = useQuery({
    queryKey: ['stats', window],
    queryFn: ({ signal }) => client.stats({ window }, { signal }),
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
  })
  return (
    <Screen title={t('pages.overview')} query={query}>
      {(stats) => (
        <Stack gap="sm">
          <Figures stats={stats} />
          <Problems />
          <section className="panel" style={{ padding: 14 }}>
            <Group justify="space-between" mb="sm">
              <Title order={2}>{t('overview.throughput')}</Title>
              <SegmentedControl
                size="xs"
                value={window}
                onChange={(value) => setWindow(value as Window)}
                aria-label={t('overview.window')}
                data={WINDOWS.map((value) => ({ value, label: t(`overview.${value}`) }))}
              />
            </Group>
            <Chart series={stats.series} />
          </section>
        </Stack>
      )}
    </Screen>
  )
}

function Figures({ stats }: { stats: Stats }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 })
  const { last_24h: ended, waiting } = stats
  const figures: [name: string, value: ReactNode, filter?: string][] = [
    ['running', number.format(stats.counts.running.value), 'status:running'],
    ['due', number.format(waiting.due), 'status:pending,retrying'],
    ['completed', number.format(ended.completed + ended.completed_with_warnings), 'status:completed since:24h'],
    ['failed', number.format(ended.failed + ended.stuck), 'status:failed,stuck since:24h'],
    ['rate', number.format(stats.rate_per_minute)],
    [
      'oldest',
      waiting.oldest_due_at === null ? (
        t('overview.none')
      ) : (
        <Elapsed key="oldest" from={waiting.oldest_due_at} to={null} />
      ),
    ],
    ['drain', stats.drain_ms === null || waiting.due === 0 ? '–' : <Duration key="drain" ms={stats.drain_ms} />],
  ]
  return (
    <dl className="figures">
      {figures.map(([name, value, filter]) => (
        <div key={name} className="panel">
          <dt>
            {filter ? (
              <Link to="/jobs" search={{ filter }}>
                {t(`overview.${name}`)}
              </Link>
            ) : (
              t(`overview.${name}`)
            )}
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Problems() {
  const { t } = useTranslation()
  const queues = useQuery({
    queryKey: ['queues'],
    queryFn: ({ signal }) => client.queues({ signal }),
    refetchInterval: POLL_MS,
  })
  const workers = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => client.workers({ signal }),
    refetchInterval: POLL_MS,
  })
  if (!queues.data || !workers.data) return null
  const problems = problemsOf(queues.data, workers.data)
  return (
    <section className="panel">
      <Title order={2}>{t('overview.problems')}</Title>
      <ul className="problems">
        {problems.length === 0 && (
          <li>
            <Dot tone="green" />
            <span className="muted">{t('overview.allWell')}</span>
          </li>
        )}
        {problems.map(({ code, values }) => (
          <li key={code + JSON.stringify(values)}>
            <Dot tone={code === 'paused' ? 'amber' : 'red'} />
            <span>
              {t(`overview.${code}`, values)} <span className="muted">{t(`overview.${code}Fix`)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
