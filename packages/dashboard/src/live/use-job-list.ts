import type { JobPage, JobQuery, JobSummary } from 'backbeat/client'
import { startTransition, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { client } from '../api/client.ts'
import { isWithin, type ParsedFilter, parseFilter, queryOf } from '../filter/language.ts'
import { openFeed } from './feed.ts'
import { applyChanges, EMPTY_LIST, firstPage, furtherPage, type JobList, showHeld } from './job-list.ts'

const PAGE = 100

export interface LiveJobs {
  list: JobList
  isLoading: boolean
  error: unknown
  reload: () => Promise<void>
  loadMore: () => void
  /** What comes after the rows was asked for in vain. */
  hasRestFailed: boolean
  /** Whether a search goes on, page after page, to what is older. */
  isLooking: boolean
  /** Goes on with a search that stopped early, until it has found as much as a page holds or there is no more. */
  lookFurther: () => void
  stopLooking: () => void
  showHeld: () => void
  /** Whether rows must stay where they are, because somebody reads further down. */
  hold: (isHeld: boolean) => void
}

/** The jobs that match a filter, followed live unless paused. */
export function useJobList(filter: string, isPaused: boolean): LiveJobs {
  const [list, setList] = useState<JobList>(EMPTY_LIST)
  const [loaded, setLoaded] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [hasRestFailed, setRestFailed] = useState(false)
  const [isLooking, setLooking] = useState(false)
  const isHeld = useRef(false)
  const isStopped = useRef(false)
  /** Counts how often the list began anew: pages of an earlier one come too late. */
  const beginning = useRef(0)
  /** The beginning that a further page is being read of. */
  const reading = useRef<number | null>(null)
  const parsed = useMemo(() => parseFilter(filter), [filter])
  const accepts = useCallback((job: JobSummary) => isWithin(parsed, job, Date.now()), [parsed])

  const reload = useCallback(async () => {
    beginning.current += 1
    const began = beginning.current
    setLooking(false)
    try {
      const page = await client.page({ ...queryOf(parsed, Date.now()), limit: PAGE })
      if (beginning.current !== began) return
      setList(firstPage(page, { accepts }))
      setError(null)
      setRestFailed(false)
    } catch (thrown) {
      if (beginning.current === began) setError(thrown)
    } finally {
      if (beginning.current === began) setLoaded(filter)
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
          isHeld.current || before.pages > 1 || before.rows.length > PAGE
            ? applyChanges(before, changes, { accepts, isHeld: isHeld.current })
            : firstPage(page, { accepts }),
        )
      },
    })
  }, [reload, parsed, accepts, isPaused])

  const readOn = useCallback(
    async (isEnough: (page: JobPage, found: number) => boolean) => {
      const began = beginning.current
      if (reading.current === began || (list.next === null && !list.isCut)) return
      reading.current = began
      try {
        let found = 0
        let page = await client.page(furtherQuery(parsed, list))
        while (beginning.current === began) {
          const read = page
          setList((before) => furtherPage(before, read, { accepts }))
          setRestFailed(false)
          found += page.items.filter(accepts).length
          if (page.next_cursor === null || isEnough(page, found)) return
          page = await client.page({ ...queryOf(parsed, Date.now()), limit: PAGE, cursor: page.next_cursor })
        }
      } catch (thrown) {
        if (beginning.current !== began) return
        setError(thrown)
        setRestFailed(true)
      } finally {
        if (reading.current === began) reading.current = null
      }
    },
    [list, parsed, accepts],
  )
  const loadMore = useCallback(() => readOn(() => true), [readOn])

  const lookFurther = async () => {
    const began = beginning.current
    isStopped.current = false
    setLooking(true)
    await readOn((page, found) => isStopped.current || page.searched_to === undefined || found >= PAGE)
    if (beginning.current === began) setLooking(false)
  }

  // A page may hold nothing that is wanted, where the API cannot be asked for it.
  const isFruitless = list.rows.length === 0 && list.next !== null && list.searchedTo === null
  useEffect(() => {
    if (isFruitless) void loadMore()
  }, [isFruitless, loadMore])

  return {
    list: loaded === filter ? list : EMPTY_LIST,
    isLoading: loaded !== filter || (isFruitless && error === null),
    error,
    reload,
    loadMore,
    hasRestFailed,
    isLooking,
    lookFurther,
    stopLooking: () => {
      isStopped.current = true
    },
    showHeld: () => setList(showHeld),
    hold: (held) => {
      isHeld.current = held
    },
  }
}

/** What comes after a list. Rows that were dropped are asked for by their time; those of the same moment come twice and are known. */
function furtherQuery(parsed: ParsedFilter, { rows, next }: JobList): JobQuery {
  const query: JobQuery = { ...queryOf(parsed, Date.now()), limit: PAGE }
  const last = rows.at(-1)
  if (next !== null) query.cursor = next
  else if (last) query.to = new Date(Date.parse(last.created_at) + 1)
  return query
}
