// A drop area that sends a file in pieces, goes on after a broken line, and tells the page when it has arrived.
const PIECE_BYTES = 4 * 1024 * 1024, TRIES = 8

const remembered = file => `mahalle-upload:${file.name}:${file.size}:${file.lastModified}`
const pause = ms => new Promise(done => setTimeout(done, ms))

async function ask(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options })
  const said = await answer.json().catch(() => ({}))
  if (!answer.ok) throw Object.assign(new Error(said.message || ""), { status: answer.status, said })
  return said
}

async function begin(file, kind) {
  const known = sessionStorage.getItem(remembered(file))
  if (known) {
    const upload = await ask(`/uploads/${known}`).catch(() => null)
    if (upload && upload.kind === kind && upload.received < upload.size) return upload
  }
  const body = JSON.stringify({ name: file.name, size: file.size, kind })
  const made = await ask("/uploads", { method: "POST", body, headers: { "content-type": "application/json" } })
  sessionStorage.setItem(remembered(file), made.id)
  return made
}

async function send(file, upload, tell, stopped) {
  let at = upload.received, tries = 0
  while (at < file.size) {
    if (stopped()) return false
    try {
      const body = file.slice(at, at + PIECE_BYTES)
      at = (await ask(`/uploads/${upload.id}?from=${at}`, { method: "PUT", body })).received
      tries = 0
      tell(at / file.size, false)
    } catch (error) {
      if (error.status === 401 || error.status === 403 || ++tries > TRIES) throw error
      tell(at / file.size, true)
      await pause(Math.min(500 * 2 ** tries, 15000))
      at = await ask(`/uploads/${upload.id}`).then(now => now.received, () => at)
    }
  }
  return true
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".drop"), input = root.querySelector("input")
  const bar = root.querySelector("progress"), said = root.querySelector(".said"), stop = root.querySelector(".stop")
  const words = data.words
  root.querySelector(".lead").textContent = words.lead
  root.querySelector(".pick").textContent = words.pick
  root.querySelector(".hint").textContent = words.hint
  stop.textContent = words.stop
  let stopping = false

  const tell = (share, again) => {
    bar.value = share
    said.textContent = (again ? words.again : words.sending).replace("{percent}", Math.floor(share * 100))
  }
  const take = async file => {
    if (!file || root.dataset.busy) return
    if (file.size > data.most_bytes) { said.textContent = words.too_large; return }
    root.dataset.busy = "1"; stopping = false; bar.hidden = stop.hidden = false; tell(0, false)
    try {
      const upload = await begin(file, data.kind)
      if (await send(file, upload, tell, () => stopping)) {
        sessionStorage.removeItem(remembered(file))
        said.textContent = words.arrived
        setTriggerValue("arrived", { id: upload.id, name: file.name })
      } else said.textContent = words.stopped
    } catch (error) {
      said.textContent = error.message || words.broken
    }
    delete root.dataset.busy; bar.hidden = stop.hidden = true; input.value = ""
  }
  input.onchange = () => take(input.files[0])
  stop.onclick = () => { stopping = true }
  root.ondragover = event => { event.preventDefault(); root.classList.add("over") }
  root.ondragleave = () => root.classList.remove("over")
  root.ondrop = event => { event.preventDefault(); root.classList.remove("over"); take(event.dataTransfer.files[0]) }
}
