import { ActionIcon, Button, Group, Menu, Text, Title, Tooltip } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconColumns3, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { BulkRequest } from 'backbeat/client'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isWhollyAsked, parseFilter, queryOf, withValue } from '../filter/language.ts'
import { useJobList } from '../live/use-job-list.ts'
import { useMayManage, useSession } from '../ui/session.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { BulkDialog } from './bulk-dialog.tsx'
import type { BulkTarget } from './bulk-parts.ts'
import { COLUMNS, SHOWN_AT_FIRST } from './columns.tsx'
import { FilterBox } from './filter-box.tsx'
import { JobTable } from './job-table.tsx'
import { JobsEmpty } from './jobs-empty.tsx'
import { SavedViews } from './saved-views.tsx'
import { StateTiles } from './state-tiles.tsx'

const route = getRouteApi('/jobs')

type Bulk = { action: BulkRequest['action']; target: BulkTarget }

export function JobsScreen() {
  const { t } = useTranslation()
  const { filter = '' } = route.useSearch()
  const navigate = useNavigate()
  const session = useSession()
  const mayManage = useMayManage()
  const input = useRef<HTMLInputElement>(null)
  const [isPaused, setPaused] = useState(false)
  const [active, setActive] = useState(-1)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [bulk, setBulk] = useState<Bulk | null>(null)
  const [columns, setColumns] = useLocalStorage({
    key: 'backbeat.columns',
    defaultValue: SHOWN_AT_FIRST,
    getInitialValueInEffect: false,
  })
  const jobs = useJobList(filter, isPaused)
  const { rows } = jobs.list
  const parsed = parseFilter(filter)

  const setFilter = (text: string) =>
    void navigate({ to: '/jobs', search: text === '' ? {} : { filter: text }, replace: true })
  const open = (id: string) => void navigate({ to: '/jobs/$id', params: { id } })
  const move = (step: number) => setActive((row) => Math.max(0, Math.min(rows.length - 1, row + step)))
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter shows other rows
  useEffect(() => {
    setActive(-1)
    setSelected(new Set())
  }, [filter])

  const activeJob = rows[active]
  useKeys({
    '/': () => input.current?.focus(),
    j: () => move(1),
    k: () => move(-1),
    Enter: () => activeJob && open(activeJob.id),
    x: () => activeJob && mayManage && setSelected((before) => toggled(before, activeJob.id)),
    p: () => setPaused((isPaused) => !isPaused),
    r: () => mayManage && ask('retry'),
    c: () => mayManage && ask('cancel'),
  })

  const ids = selected.size > 0 ? [...selected] : activeJob ? [activeJob.id] : []
  const ask = (action: Bulk['action']) => ids.length > 0 && setBulk({ action, target: { ids } })
  // The window of time is written out once, so that what is counted is what is changed.
  const askAll = (action: Bulk['action']) =>
    setBulk({ action, target: { filter: queryOf(parsed, Date.now()) as NonNullable<BulkTarget['filter']> } })

  if (session.permissions.length === 0) return <Empty title={t('state.forbidden')}>{t('state.forbiddenHint')}</Empty>
  return (
    <div className="page">
      <Group justify="space-between" mb="xs" wrap="nowrap">
        <Title order={1}>{t('pages.jobs')}</Title>
        <Group gap={6} wrap="nowrap">
          <SavedViews filter={filter} />
          <Button
            variant="default"
            leftSection={isPaused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
            aria-pressed={isPaused}
            onClick={() => setPaused(!isPaused)}
          >
            {t(isPaused ? 'jobs.resume' : 'jobs.pause')}
          </Button>
          <Menu closeOnItemClick={false} position="bottom-end" width={200}>
            <Menu.Target>
              <Tooltip label={t('jobs.columns')}>
                <ActionIcon variant="default" size={30} aria-label={t('jobs.columns')} visibleFrom="sm">
                  <IconColumns3 size={16} />
                </ActionIcon>
              </Tooltip>
            </Menu.Target>
            <Menu.Dropdown>
              {COLUMNS.filter(({ name }) => name !== 'task').map(({ name }) => (
                <Menu.CheckboxItem
                  key={name}
                  checked={columns.includes(name)}
                  onChange={(isShown) =>
                    setColumns(isShown ? [...columns, name] : columns.filter((other) => other !== name))
                  }
                >
                  {t(`columns.${name}`)}
                </Menu.CheckboxItem>
              ))}
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
      <StateTiles value={parsed.values.status} onChange={(status) => setFilter(withValue(filter, 'status', status))} />
      <Group my="xs" gap="xs" wrap="wrap" align="flex-start">
        <FilterBox filter={filter} onFilter={setFilter} input={input} />
        {mayManage && selected.size === 0 && filter !== '' && rows.length > 0 && isWhollyAsked(parsed) && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" h={36}>
                {t('bulk.all')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => askAll('retry')}>{t('bulk.retry.all')}</Menu.Item>
              <Menu.Item onClick={() => askAll('cancel')}>{t('bulk.cancel.all')}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        {mayManage && selected.size > 0 && (
          <Group gap={6} h={36}>
            <Text size="sm">{t('jobs.selected', { count: selected.size })}</Text>
            <Button variant="default" onClick={() => ask('retry')}>
              {t('action.retry')}
            </Button>
            <Button variant="default" onClick={() => ask('cancel')}>
              {t('action.cancel')}
            </Button>
            <Button variant="subtle" color="gray" onClick={() => setSelected(new Set())}>
              {t('jobs.unselect')}
            </Button>
          </Group>
        )}
      </Group>
      <div className="panel">
        {rows.length > 0 ? (
          <JobTable
            jobs={jobs}
            columns={[...columns, 'task']}
            selected={selected}
            onSelect={setSelected}
            isSelectable={mayManage}
            active={active}
            onOpen={open}
          />
        ) : jobs.isLoading ? (
          <Loading />
        ) : jobs.error ? (
          <Failure error={jobs.error} onRetry={() => void jobs.reload()} />
        ) : (
          <JobsEmpty filter={filter} jobs={jobs} onClear={() => setFilter('')} />
        )}
      </div>
      {bulk && (
        <BulkDialog
          {...bulk}
          onClose={() => setBulk(null)}
          onDone={() => {
            setSelected(new Set())
            void jobs.reload()
          }}
        />
      )}
    </div>
  )
}

function toggled(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected)
  if (!next.delete(id)) next.add(id)
  return next
}
