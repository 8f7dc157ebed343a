import { ActionIcon, Combobox, TextInput, useCombobox } from '@mantine/core'
import { IconSearch, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type RefObject, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { parseFilter } from '../filter/language.ts'
import { type KnownValues, suggestionsFor } from '../filter/suggest.ts'
import { STATUSES } from '../ui/status.tsx'

/** So long after the last key the filter is applied. */
const PAUSE_MS = 300
const TIMES = ['15m', '1h', '24h', '7d', '30d']

interface FilterBoxProps {
  filter: string
  onFilter: (filter: string) => void
  input: RefObject<HTMLInputElement | null>
}

/** Where the filter is written, with suggestions and what is wrong with it. */
export function FilterBox({ filter, onFilter, input }: FilterBoxProps) {
  const { t } = useTranslation()
  const [text, setText] = useState(filter)
  const known = useKnownValues()
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const suggestions = suggestionsFor(text, known)
  const problem = parseFilter(text).problems[0]

  // The filter also changes by links, tiles and the browser's back button.
  useEffect(() => setText((shown) => (shown.trim() === filter.trim() ? shown : filter)), [filter])
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing counts; a filter from elsewhere has just replaced the text
  useEffect(() => {
    if (text.trim() === filter.trim()) return
    const timer = setTimeout(() => onFilter(text.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])

  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(chosen) => {
        setText(chosen)
        combobox.resetSelectedOption()
        if (!chosen.endsWith(':')) onFilter(chosen.trim())
      }}
    >
      <Combobox.Target>
        <TextInput
          ref={input}
          style={{ flex: 1, minWidth: 0 }}
          leftSection={<IconSearch size={15} />}
          rightSection={
            text !== '' && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={t('filter.clear')}
                onClick={() => {
                  setText('')
                  onFilter('')
                }}
              >
                <IconX size={14} />
              </ActionIcon>
            )
          }
          placeholder={t('filter.placeholder')}
          aria-label={t('filter.label')}
          spellCheck={false}
          autoComplete="off"
          value={text}
          error={problem && t(`filter.${problem.code}`, { key: problem.token.key, value: problem.token.value })}
          onChange={(event) => {
            setText(event.currentTarget.value)
            combobox.openDropdown()
            combobox.resetSelectedOption()
          }}
          onClick={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur()
            if (event.key === 'Enter' && combobox.getSelectedOptionIndex() === -1) {
              combobox.closeDropdown()
              onFilter(text.trim())
            }
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={suggestions.length === 0}>
        <Combobox.Options className="filter-options">
          {suggestions.map(({ label, text: whole }) => (
            <Combobox.Option key={label} value={whole} className="mono">
              {label} {label.endsWith(':') && <span className="muted">{t(`filter.keys.${label.slice(0, -1)}`)}</span>}
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}

function useKnownValues(): KnownValues {
  const tasks = useQuery({ queryKey: ['tasks'], queryFn: ({ signal }) => client.tasks({ signal }), staleTime: 60_000 })
  const queues = useQuery({
    queryKey: ['queues'],
    queryFn: ({ signal }) => client.queues({ signal }),
    staleTime: 60_000,
  })
  return {
    status: STATUSES,
    task: tasks.data?.map(({ name }) => name) ?? [],
    queue: queues.data?.map(({ name }) => name) ?? [],
    since: TIMES,
    until: TIMES,
  }
}
