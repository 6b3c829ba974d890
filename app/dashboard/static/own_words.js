// Streamlit's own English words in the visitor's language: labels for screen readers, hints, its dialogs.
// Only whole texts from the list are replaced, and never inside what a screen wrote itself.
const NAMES = ["aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription"]
const OURS = "[data-testid=stHtml], [data-testid=stCode], textarea, script, style"
const english = new WeakMap() // node -> what Streamlit said, by attribute ("" is the text)
let said = text => text
let watching = null

function reader(pairs) {
  const whole = new Map(pairs.filter(([from]) => !from.includes("{")))
  const parts = pairs.filter(([from]) => from.includes("{")).map(([from, to]) => {
    const source = from.split("{name}").map(text => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+)")
    return [new RegExp(`^${source}$`), to]
  })
  return text => {
    const found = whole.get(text)
    if (found !== undefined) return found
    const [pattern, to] = parts.find(([one]) => one.test(text)) || []
    return pattern ? to.replace("{name}", () => pattern.exec(text)[1]) : text
  }
}

function change(node, name, now, put) {
  const kept = english.get(node) || {}
  if (name in kept && now === kept[name].put) now = kept[name].was
  const text = said(now.trim())
  const turned = text === now.trim() ? now : text
  if (turned !== now || name in kept) {
    kept[name] = { was: now, put: turned }
    english.set(node, kept)
  }
  if (turned !== put.get()) put.set(turned)
}

function turnText(node) {
  if (!node.nodeValue.trim() || node.parentElement?.closest(OURS)) return
  change(node, "", node.nodeValue, { get: () => node.nodeValue, set: text => { node.nodeValue = text } })
}

function turnNames(element) {
  if (element.closest(OURS)) return
  for (const name of NAMES) {
    const now = element.getAttribute(name)
    if (now) {
      const put = { get: () => element.getAttribute(name), set: text => element.setAttribute(name, text) }
      change(element, name, now, put)
    }
  }
}

function turn(node) {
  if (node.nodeType === Node.TEXT_NODE) return turnText(node)
  if (node.nodeType !== Node.ELEMENT_NODE) return
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  for (let one = node; one; one = walker.nextNode()) {
    if (one.nodeType === Node.TEXT_NODE) turnText(one)
    else turnNames(one)
  }
}

function watch() {
  watching = new MutationObserver(changes => {
    for (const one of changes) {
      if (one.type === "childList") one.addedNodes.forEach(turn)
      else if (one.type === "characterData") turnText(one.target)
      else turnNames(one.target)
    }
  })
  const what = { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: NAMES }
  watching.observe(document.body, what)
}

export default function ({ data }) {
  said = reader(data.pairs)
  document.documentElement.lang = data.language
  turn(document.body)
  if (!watching) watch()
}
