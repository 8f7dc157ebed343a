import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import en from './locales/en.json'

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof LANGUAGES

const KEPT = 'backbeat.language'

/** Loads the reader's language: the one they chose, else that of their browser, else English. */
export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
  })
  await applyLanguage(localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2))
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEPT, language)
  await applyLanguage(language)
}

async function applyLanguage(language: string): Promise<void> {
  if (language === 'de' && !i18next.hasResourceBundle('de', 'translation')) {
    const { default: de } = await import('./locales/de.json')
    i18next.addResourceBundle('de', 'translation', de)
  }
  const known = language === 'de' ? 'de' : 'en'
  await i18next.changeLanguage(known)
  document.documentElement.lang = known
}
