import { Autocomplete, Button, Group, Select, UnstyledButton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { AuditEntry } from 'backbeat/client'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { type Field, Records } from '../ui/records.tsx'
import { Screen } from '../ui/screen.tsx'
import { Empty } from '../ui/states.tsx'
import { Ago } from '../ui/time.tsx'
import { ACTIONS } from './actions.ts'
import { Change } from './change.tsx'
import type { AuditSearch } from './search.ts'

const route = getRouteApi('/administration/audit-log')
const PAGE = 50

export function AuditScreen() {
  const { t } = useTranslation()
  const filter = route.useSearch()
  const navigate = useNavigate()
  const query = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      client.access.auditPage({ ...filter, limit: PAGE, ...(pageParam !== '' && { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: ({ next_cursor }) => next_cursor,
  })
  const setFilter = (search: AuditSearch) => void navigate({ to: '/audit-log', search })

  const nameOf = (action: string) => t(`audit.actions.${action}`, { defaultValue: action })
  const fields: Field<AuditEntry>[] = [
    { label: t('audit.when'), place: 'state', cell: ({ at }) => <Ago at={at} /> },
    {
      label: t('audit.who'),
      cell: ({ actor, address }) => (
        <>
          <Narrow text={actor} onChoose={() => setFilter({ ...filter, actor })} />
          {address !== null && <div className="muted mono">{address}</div>}
        </>
      ),
    },
    {
      label: t('audit.what'),
      place: 'title',
      cell: ({ action }) => <span title={action}>{nameOf(action)}</span>,
    },
    { label: t('audit.on'), cell: (entry) => <Subject entry={entry} filter={filter} onFilter={setFilter} /> },
    { label: t('audit.change'), place: 'wide', cell: (entry) => <Change entry={entry} /> },
  ]
  const isFiltered = Object.keys(filter).length > 0

  return (
    <Screen title={t('pages.audit')} query={query}>
      {({ pages }) => {
        const entries = pages.flatMap(({ items }) => items)
        return (
          <>
            <AuditFilter
              key={JSON.stringify(filter)}
              filter={filter}
              entries={entries}
              onFilter={setFilter}
              nameOf={nameOf}
            />
            {entries.length === 0 ? (
              <Empty title={t(isFiltered ? 'audit.noMatch' : 'audit.none')}>
                {isFiltered ? (
                  <Button variant="default" mt="xs" onClick={() => setFilter({})}>
                    {t('filter.clear')}
                  </Button>
                ) : (
                  t('audit.noneHint')
                )}
              </Empty>
            ) : (
              <Records label={t('pages.audit')} rows={entries} fields={fields} keyOf={({ id }) => id} />
            )}
            {query.hasNextPage && (
              <Group justify="center" mt="sm">
                <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t('audit.older')}
                </Button>
              </Group>
            )}
          </>
        )
      }}
    </Screen>
  )
}

interface AuditFilterProps {
  filter: AuditSearch
  /** Those that are shown, whose values are offered. */
  entries: readonly AuditEntry[]
  onFilter: (filter: AuditSearch) => void
  nameOf: (action: string) => string
}

function AuditFilter({ filter, entries, onFilter, nameOf }: AuditFilterProps) {
  const { t } = useTranslation()
  const [actor, setActor] = useState(filter.actor ?? '')
  const [subject, setSubject] = useState(filter.subject ?? '')
  const apply = (event: FormEvent) => {
    event.preventDefault()
    onFilter(searchOf({ ...filter, actor: actor.trim(), subject: subject.trim() }))
  }
  return (
    <Group component="form" role="search" aria-label={t('audit.filter')} gap="xs" mb="sm" align="end" onSubmit={apply}>
      <Autocomplete
        className="grows"
        label={t('audit.who')}
        placeholder="manual:ana"
        data={valuesOf(entries, 'actor')}
        value={actor}
        onChange={setActor}
        onOptionSubmit={(actor) => onFilter({ ...filter, actor })}
      />
      <Select
        className="grows"
        label={t('audit.what')}
        placeholder={t('audit.anything')}
        data={[...new Set([...ACTIONS, ...(filter.action ? [filter.action] : [])])].map((value) => ({
          value,
          label: nameOf(value),
        }))}
        value={filter.action ?? null}
        onChange={(action) => onFilter(searchOf({ ...filter, action: action ?? '' }))}
        clearable
        clearButtonProps={{ 'aria-label': t('audit.anything') }}
        searchable
      />
      <Autocomplete
        className="grows"
        label={t('audit.on')}
        placeholder="queue:mail"
        data={valuesOf(entries, 'subject')}
        value={subject}
        onChange={setSubject}
        onOptionSubmit={(subject) => onFilter({ ...filter, subject })}
      />
      <Button type="submit" variant="default" h={36}>
        {t('audit.apply')}
      </Button>
      {Object.keys(filter).length > 0 && (
        <Button variant="subtle" color="gray" h={36} onClick={() => onFilter({})}>
          {t('filter.clear')}
        </Button>
      )}
    </Group>
  )
}

interface SubjectProps {
  entry: AuditEntry
  filter: AuditSearch
  onFilter: (filter: AuditSearch) => void
}

/** What was changed: where it has a screen of its own, a way there. */
function Subject({ entry: { subject }, filter, onFilter }: SubjectProps) {
  const id = subject.startsWith('job:') ? subject.slice(4) : null
  if (id !== null) {
    return (
      <Link to="/jobs/$id" params={{ id }} preload={false} className="mono">
        {subject}
      </Link>
    )
  }
  return <Narrow text={subject} onChoose={() => onFilter({ ...filter, subject })} />
}

/** A value that shows only its like when it is chosen. */
function Narrow({ text, onChoose }: { text: string; onChoose: () => void }) {
  const { t } = useTranslation()
  return (
    <UnstyledButton className="narrow" title={t('audit.only', { value: text })} onClick={onChoose}>
      {text}
    </UnstyledButton>
  )
}

function valuesOf(entries: readonly AuditEntry[], name: 'actor' | 'subject'): string[] {
  return [...new Set(entries.map((entry) => entry[name]))].sort()
}

function searchOf(filter: AuditSearch): AuditSearch {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''))
}
