import type { JobQuery, JobSummary } from 'backbeat/client'
import { startTransition, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { client } from '../api/client.ts'
import { isWithin, parseFilter, queryOf } from '../filter/language.ts'
import { openFeed } from './feed.ts'
import { applyChanges, EMPTY_LIST, firstPage, furtherPage, type JobList, showHeld } from './job-list.ts'

const PAGE = 100

export interface LiveJobs {
  list: JobList
  isLoading: boolean
  error: unknown
  reload: () => Promise<void>
  loadMore: () => void
  showHeld: () => void
  /** Whether rows must stay where they are, because somebody reads further down. */
  hold: (isHeld: boolean) => void
}

/** The jobs that match a filter, followed live unless paused. */
export function useJobList(filter: string, isPaused: boolean): LiveJobs {
  const [list, setList] = useState<JobList>(EMPTY_LIST)
  const [loaded, setLoaded] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const isHeld = useRef(false)
  const isLoadingMore = useRef(false)
  const parsed = useMemo(() => parseFilter(filter), [filter])
  const accepts = useCallback((job: JobSummary) => isWithin(parsed, job, Date.now()), [parsed])

  const current = useRef(filter)
  current.current = filter

  const reload = useCallback(async () => {
    try {
      const page = await client.page({ ...queryOf(parsed, Date.now()), limit: PAGE })
      if (current.current !== filter) return
      setList(firstPage(page, { accepts }))
      setError(null)
    } catch (thrown) {
      if (current.current === filter) setError(thrown)
    } finally {
      if (current.current === filter) setLoaded(filter)
    }
  }, [filter, parsed, accepts])

  useEffect(() => {
    void reload()
    if (isPaused) return
    const { from: _from, to: _to, ...followed } = queryOf(parsed, Date.now())
    return openFeed(followed, {
      onReset: reload,
      // A transition is drawn in slices, so that whoever scrolls or types meanwhile does not notice.
      onChanges: (changes) =>
        startTransition(() => setList((before) => applyChanges(before, changes, { accepts, isHeld: isHeld.current }))),
      async poll() {
        const page = await client.page({ ...queryOf(parsed, Date.now()), limit: PAGE })
        setError(null)
        const changes = page.items.map((job) => ({ kind: 'job' as const, job }))
        setList((before) =>
          isHeld.current || before.rows.length > PAGE
            ? applyChanges(before, changes, { accepts, isHeld: isHeld.current })
            : firstPage(page, { accepts }),
        )
      },
    })
  }, [reload, parsed, accepts, isPaused])

  const loadMore = useCallback(async () => {
    const last = list.rows.at(-1)
    if (isLoadingMore.current || (list.next === null && !list.isCut)) return
    isLoadingMore.current = true
    try {
      const query: JobQuery = { ...queryOf(parsed, Date.now()), limit: PAGE }
      // Rows that were dropped are asked for by their time; those of the same moment come twice and are known.
      if (list.next !== null) query.cursor = list.next
      else if (last) query.to = new Date(Date.parse(last.created_at) + 1)
      const page = await client.page(query)
      if (current.current === filter) setList((before) => furtherPage(before, page, { accepts }))
    } catch (thrown) {
      setError(thrown)
    } finally {
      isLoadingMore.current = false
    }
  }, [list, parsed, accepts, filter])

  // A page may hold nothing that is wanted, where the API cannot be asked for it.
  const isFruitless = list.rows.length === 0 && list.next !== null
  useEffect(() => {
    if (isFruitless) void loadMore()
  }, [isFruitless, loadMore])

  return {
    list: loaded === filter ? list : EMPTY_LIST,
    isLoading: loaded !== filter || (isFruitless && error === null),
    error,
    reload,
    loadMore,
    showHeld: () => setList(showHeld),
    hold: (held) => {
      isHeld.current = held
    },
  }
}
