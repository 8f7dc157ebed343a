import { ActionIcon, Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Draft, initialDraft, isTree, pointerTo, Variant } from './draft.ts'
import { type PartProps, useForm } from './form-context.ts'
import { type Field, fieldOf, type JsonSchema } from './schema.ts'
import { useConstraints, useVariantName } from './words.ts'

interface PartsProps {
  props: PartProps<Field['kind']>
  /** What is wrong is said by what is within. */
  saysWithin?: boolean
  children: ReactNode
}

/** What is in an input that has parts, with a line beside them; at the outside the parts stand alone. */
function Parts({ props, saysWithin = false, children }: PartsProps) {
  const { path, field, label, isRequired, value, onValue, isBare = false } = props
  const { t } = useTranslation()
  const { root, messages } = useForm()
  const constraints = useConstraints(field)
  if (path.length === 0 || isBare) return <Stack gap="sm">{children}</Stack>
  const name = field.title ?? label
  const message = messages.get(pointerTo(path))
  return (
    <fieldset className="form-group" data-pointer={pointerTo(path)}>
      <legend>
        {name}
        {isRequired && (
          <span className="red" aria-hidden="true">
            {' *'}
          </span>
        )}
      </legend>
      {(field.description || constraints) && (
        <div className="muted form-hint">{[field.description, constraints].filter(Boolean).join(' · ')}</div>
      )}
      {message !== undefined && !saysWithin && <div className="red form-hint">{message}</div>}
      {value === undefined ? (
        <Button
          variant="default"
          size="compact-xs"
          leftSection={<IconPlus size={13} />}
          onClick={() => onValue(initialDraft(props.schema, root, true))}
        >
          {t('form.give', { name })}
        </Button>
      ) : (
        <Stack gap="sm">
          {children}
          {!isRequired && (
            <div>
              <Button
                variant="subtle"
                color="gray"
                size="compact-xs"
                leftSection={<IconTrash size={13} />}
                onClick={() => onValue(undefined)}
              >
                {t('form.leaveOut', { name })}
              </Button>
            </div>
          )}
        </Stack>
      )}
    </fieldset>
  )
}

export function ObjectInput(props: PartProps<'object'>) {
  const { field, value, onValue, path } = props
  const { Part } = useForm()
  const tree = isTree(value) ? value : {}
  return (
    <Parts props={props}>
      {field.properties.map(({ name, schema, isRequired }) => (
        <Part
          key={name}
          schema={schema}
          path={[...path, name]}
          value={tree[name]}
          onValue={(part) => onValue({ ...tree, [name]: part })}
          isRequired={isRequired}
          label={name}
        />
      ))}
    </Parts>
  )
}

export function ListInput(props: PartProps<'list'>) {
  const { field, value, onValue, path, label } = props
  const { t } = useTranslation()
  const { root, Part } = useForm()
  const entries: readonly Draft[] = Array.isArray(value) ? value : []
  // A removed entry must take its input's own text with it, so positions cannot be the keys.
  const [keys, setKeys] = useState(() => entries.map((_, index) => index))
  const [next, setNext] = useState(entries.length)
  const name = field.title ?? label
  return (
    <Parts props={props}>
      {entries.map((entry, index) => (
        <Group key={keys[index] ?? index} gap={6} wrap="nowrap" align="flex-start">
          <div style={{ flex: 1, minWidth: 0 }}>
            <Part
              schema={field.item}
              path={[...path, index]}
              value={entry}
              onValue={(part) => onValue(entries.with(index, part))}
              isRequired
              label={`${name} ${index + 1}`}
            />
          </div>
          <ActionIcon
            variant="subtle"
            color="gray"
            mt={2}
            aria-label={t('form.remove', { name: `${name} ${index + 1}` })}
            onClick={() => {
              setKeys(keys.toSpliced(index, 1))
              onValue(entries.toSpliced(index, 1))
            }}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button
          variant="default"
          size="compact-xs"
          leftSection={<IconPlus size={13} />}
          onClick={() => {
            setKeys([...keys, next])
            setNext(next + 1)
            onValue([...entries, initialDraft(field.item, root, true)])
          }}
        >
          {t('form.add', { name })}
        </Button>
      </div>
    </Parts>
  )
}

export function RecordInput(props: PartProps<'record'>) {
  const { field, value, onValue, path, label } = props
  const { t } = useTranslation()
  const { root, Part } = useForm()
  const [key, setKey] = useState('')
  const tree = isTree(value) ? value : {}
  const name = field.title ?? label
  const add = () => {
    if (key === '' || key in tree) return
    onValue({ ...tree, [key]: initialDraft(field.entry, root, true) })
    setKey('')
  }
  return (
    <Parts props={props}>
      {Object.entries(tree).map(([entryName, entry]) => (
        <Group key={entryName} gap={6} wrap="nowrap" align="flex-start">
          <div style={{ flex: 1, minWidth: 0 }}>
            <Part
              schema={field.entry}
              path={[...path, entryName]}
              value={entry}
              onValue={(part) => onValue({ ...tree, [entryName]: part })}
              isRequired
              label={entryName}
            />
          </div>
          <ActionIcon
            variant="subtle"
            color="gray"
            mt={2}
            aria-label={t('form.remove', { name: entryName })}
            onClick={() => onValue(Object.fromEntries(Object.entries(tree).filter(([other]) => other !== entryName)))}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </Group>
      ))}
      <Group gap={6} align="flex-end">
        <TextInput
          label={t('form.key', { name })}
          size="xs"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add()
          }}
        />
        <Button variant="default" leftSection={<IconPlus size={13} />} onClick={add} disabled={key === ''}>
          {t('form.addKey')}
        </Button>
      </Group>
    </Parts>
  )
}

/** Whether there is nothing to be given once it is chosen. */
function isSettled(option: JsonSchema, root: JsonSchema): boolean {
  const field = fieldOf(option, root)
  if (field.kind !== 'object') return field.kind === 'constant'
  return field.properties.every(({ schema, isRequired }) => isRequired && fieldOf(schema, root).kind === 'constant')
}

export function UnionInput(props: PartProps<'union'>) {
  const { field, value, onValue, path, label } = props
  const { t } = useTranslation()
  const { root, Part } = useForm()
  const nameOf = useVariantName()
  const variant = value instanceof Variant ? value : null
  const option = variant && field.options[variant.index]
  const name = field.title ?? label
  const kind = option && fieldOf(option, root).kind
  const isGroup = kind === 'object' || kind === 'list' || kind === 'record'
  return (
    <Parts props={props} saysWithin={path.length > 0 && !isGroup && kind !== 'constant'}>
      <NativeSelect
        label={t('form.kind', { name })}
        value={String(variant?.index ?? 0)}
        onChange={(event) => {
          const index = Number(event.currentTarget.value)
          onValue(new Variant(index, initialDraft(field.options[index] ?? {}, root, true)))
        }}
        data={field.options.map((one, index) => ({ value: String(index), label: nameOf(one, root) }))}
      />
      {variant && option && !isSettled(option, root) && (
        <Part
          key={variant.index}
          schema={option}
          path={path}
          value={variant.value}
          onValue={(part) => onValue(new Variant(variant.index, part))}
          isRequired
          isBare={isGroup}
          label={nameOf(option, root)}
        />
      )}
    </Parts>
  )
}
