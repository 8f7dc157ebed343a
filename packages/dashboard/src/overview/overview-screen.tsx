import { Group, SegmentedControl, Stack, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Stats } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { useAskedEvery, useLiveQueries } from '../live/use-live-queries.ts'
import { Screen } from '../ui/screen.tsx'
import { Empty } from '../ui/states.tsx'
import { Chart } from './chart.tsx'
import { Figures } from './figures.tsx'
import { ProblemList } from './problem-list.tsx'
import { problemsOf } from './problems.ts'

const WINDOWS = ['hour', 'day', 'week'] as const
type Window = (typeof WINDOWS)[number]

export function OverviewScreen() {
  const { t } = useTranslation()
  const [window, setWindow] = useState<Window>('hour')
  const refetchInterval = useAskedEvery()
  useLiveQueries('stats', 'queues')
  const shown = useQuery({
    queryKey: ['stats', window],
    queryFn: ({ signal }) => client.stats({ window }, { signal }),
    refetchInterval,
    placeholderData: keepPreviousData,
  })
  const day = useQuery({
    queryKey: ['stats', 'day'],
    queryFn: ({ signal }) => client.stats({}, { signal }),
    refetchInterval,
  })
  const queues = useQuery({ queryKey: ['queues'], queryFn: ({ signal }) => client.queues({ signal }), refetchInterval })
  const workers = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => client.workers({ signal }),
    // Their heartbeats are no events.
    refetchInterval: POLL_MS,
  })

  return (
    <Screen title={t('pages.overview')} query={shown}>
      {(stats) => (
        <Stack gap="sm">
          <Figures stats={stats} workers={workers.data} />
          {queues.data && workers.data && day.data && (
            <ProblemList problems={problemsOf({ queues: queues.data, workers: workers.data, day: day.data })} />
          )}
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
            {hasRun(stats) ? (
              <Chart series={stats.series} />
            ) : (
              <Empty title={t('jobs.never')}>
                <span>{t('overview.neverRun')}</span>
              </Empty>
            )}
          </section>
        </Stack>
      )}
    </Screen>
  )
}

/** Whether there is or was any job at all. */
function hasRun({ counts }: Stats): boolean {
  return Object.values(counts).some(({ value }) => value > 0)
}
