-- What the three formats share: numbers of tables and figures, references to them, levels of headings,
-- contents, and the marked passages (notice, note …), which each format has to be told of.

local docx, typst, html
local text = pandoc.utils.stringify

-- The marked passages, and the paragraph style that each has in Word. In PDF they are functions of page.typ.
local MARKED = {
  notice = "Notice",
  wrongkey = "Warning",
  simulated = "Simulated",
  headline = "Headline",
  caution = "Caution",
  undrawn = "Undrawn",
  note = "Note",
  made = "Made",
}

-- Characters that a line of a table holds, in the three sizes of its type.
local LINE = { { 90, "regular" }, { 106, "small" }, { 124, "tiny" } }
local GAP = 3

-- Rows of a table that stays on one page.
local SHORT = 12

local labels, sizes, targets, measured, tables = {}, {}, {}, {}, 0

-- A walk that need not look into these is much faster.
local function as_it_is(element)
  return element, false
end

local function raw(code)
  return pandoc.RawInline("typst", code)
end

local function quoted(words)
  return '"' .. words:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("[\r\n]", " ") .. '"'
end

-- Numbers -----------------------------------------------------------------------------------------

local function numbered(kind, count, element)
  local label = kind .. " " .. count
  if element.identifier == "" then
    element.identifier = kind:lower() .. "-" .. count
  end
  labels[element.identifier] = label
  targets[element.identifier] = true
  local words = element.caption.long[1]
  words.content = pandoc.List({ pandoc.Strong(pandoc.Str(label .. ".")), pandoc.Space() }) .. words.content
  return label
end

local function number_all(blocks)
  local tables, figures, last = 0, 0, 0
  return blocks:walk({
    traverse = "topdown",
    Para = as_it_is,
    Plain = as_it_is,
    Header = function(element)
      element.level = math.min(element.level, last + 1)
      last = element.level
      targets[element.identifier] = true
      return element, false
    end,
    Table = function(element)
      if #element.caption.long > 0 then
        tables = tables + 1
        numbered("Table", tables, element)
      end
      return element, false
    end,
    Figure = function(element)
      figures = figures + 1
      numbered("Figure", figures, element)
      return element, false
    end,
  })
end

local function link(element)
  local name = element.target:match("^#(.+)$")
  if not name then
    return element
  end
  if #element.content == 0 then
    element.content = pandoc.Inlines(labels[name] and labels[name]:gsub(" ", "\u{a0}") or "not in this report")
  end
  return targets[name] and element or element.content
end

-- What the figures show in numbers, at the end, and from each figure a link to it.
local function with_numbers(blocks)
  local found, tables = pandoc.Blocks({}), {}
  blocks = blocks:walk({
    traverse = "topdown",
    Para = as_it_is,
    Plain = as_it_is,
    Table = as_it_is,
    Div = function(element)
      if not element.classes:includes("numbers") then
        return nil
      end
      local name = "numbers-" .. element.attributes.of
      element.content[1].identifier = name
      tables[element.attributes.of] = name
      found:extend(element.content)
      return {}, false
    end,
  })
  if #found == 0 then
    return blocks
  end
  blocks = blocks:walk({
    traverse = "topdown",
    Para = as_it_is,
    Plain = as_it_is,
    Table = as_it_is,
    Figure = function(element)
      local name = tables[element.identifier]
      if name then
        local words = element.caption.long[1].content
        words:extend({ pandoc.Space(), pandoc.Str("In numbers:"), pandoc.Space(), pandoc.Link({}, "#" .. name), pandoc.Str(".") })
      end
      return element
    end,
  })
  return blocks .. { pandoc.Header(1, "The figures in numbers", pandoc.Attr("figures-in-numbers")) } .. found
end

-- Headings and contents ---------------------------------------------------------------------------

-- The list of the sections; on paper it begins a page where what stands before it is a page of its own.
local function contents(blocks, page)
  if typst then
    return pandoc.Blocks({ pandoc.RawBlock("typst", page and "#pagebreak(weak: true)\n#contents()" or "#contents()") })
  end
  local parts = pandoc.List()
  for _, element in ipairs(blocks) do
    if element.t == "Header" and element.level < 3 then
      local entry = pandoc.Plain(pandoc.Link(element.content, "#" .. element.identifier))
      if element.level == 1 then
        parts:insert({ head = entry, within = pandoc.List() })
      else
        parts[#parts].within:insert(pandoc.Blocks({ entry }))
      end
    end
  end
  local lines = parts:map(function(part)
    return #part.within > 0 and pandoc.Blocks({ part.head, pandoc.BulletList(part.within) }) or pandoc.Blocks({ part.head })
  end)
  local head, list = pandoc.Para(pandoc.Str("Contents")), pandoc.BulletList(lines)
  if docx then
    local style = page and "Contents Page" or "Contents Heading"
    return pandoc.Blocks({ pandoc.Div(head, { ["custom-style"] = style }), list })
  end
  return pandoc.Blocks({
    pandoc.RawBlock("html", '<nav aria-labelledby="contents">\n<p id="contents">Contents</p>'),
    list,
    pandoc.RawBlock("html", "</nav>"),
  })
end

local function with_contents(blocks, wanted)
  if not wanted then
    return blocks
  end
  for place, element in ipairs(blocks) do
    if element.t == "Div" and element.classes:includes("contents") then
      local list = contents(blocks, true)
      blocks[place] = typst and list[1] or pandoc.Div(list)
      return blocks
    end
  end
  return contents(blocks, false) .. blocks
end

-- Tables ------------------------------------------------------------------------------------------

-- The longest word and the longest cell of each column, in characters.
local function widths(element)
  local words, cells = {}, {}
  local function read(rows)
    for _, row in ipairs(rows) do
      for place, cell in ipairs(row.cells) do
        local said = text(cell.contents)
        cells[place] = math.max(cells[place] or 1, pandoc.text.len(said))
        for word in said:gmatch("[^ ]+") do
          words[place] = math.max(words[place] or 1, math.min(pandoc.text.len(word), 24))
        end
        words[place] = words[place] or 1
      end
    end
  end
  read(element.head.rows)
  for _, body in ipairs(element.bodies) do
    read(body.body)
  end
  return words, cells
end

-- The size of type in which the longest words stand side by side and no cell takes more than a few lines.
local function fitted(words, cells)
  local least, wanted = 0, 0
  for place, word in ipairs(words) do
    least = least + word + GAP
    wanted = wanted + math.max(word, math.min(cells[place], 22)) + GAP
  end
  for _, size in ipairs(LINE) do
    if least <= size[1] and wanted <= 1.35 * size[1] then
      return size[2], size[1], least
    end
  end
  return LINE[#LINE][2], LINE[#LINE][1], least
end

-- Shares of the line: each column its longest word, and of what is left as much as its cells are longer.
local function shares(words, cells, line, least)
  local longer, total = {}, 0
  for place, word in ipairs(words) do
    longer[place] = math.max(0, math.min(cells[place], 60) - word)
    total = total + longer[place]
  end
  local spare, found = math.max(0, line - least), {}
  for place, word in ipairs(words) do
    local more = total > 0 and math.min(longer[place], spare * longer[place] / total) or 0
    found[place] = word + GAP + more
  end
  return found
end

local function scrolled(element, label)
  local name = label and ('aria-label="' .. label .. '"') or 'aria-label="Table without a number"'
  return {
    pandoc.RawBlock("html", '<div class="scroll" role="region" tabindex="0" ' .. name .. ">"),
    element,
    pandoc.RawBlock("html", "</div>"),
  }
end

local function set_table(element)
  -- Reading every cell takes a while, and each format has the same tables in the same order.
  tables = tables + 1
  measured[tables] = measured[tables] or { widths(element) }
  local words, cells = table.unpack(measured[tables])
  local size, line, least = fitted(words, cells)
  local short = true
  for _, body in ipairs(element.bodies) do
    short = short and #body.body <= SHORT
    body.row_head_columns = 1
    for _, row in ipairs(body.body) do
      row.cells[1].attributes.scope = html and "row" or nil
    end
  end
  for _, row in ipairs(element.head.rows) do
    for _, cell in ipairs(row.cells) do
      cell.attributes.scope = html and "col" or nil
    end
  end
  if docx then
    local found, sum = shares(words, cells, line, least), 0
    for _, width in ipairs(found) do
      sum = sum + width
    end
    for place, spec in ipairs(element.colspecs) do
      element.colspecs[place] = { spec[1], found[place] / sum }
    end
    element.attributes["custom-style"] = "Table " .. size
    return element
  end
  if typst then
    return { pandoc.RawBlock("typst", "#sized(" .. quoted(size) .. ", " .. tostring(short) .. ")["), element, pandoc.RawBlock("typst", "]") }
  end
  element.classes:extend(short and { size, "short" } or { size })
  if #element.caption.long > 0 then
    local words = element.caption.long[1]
    words.content = { pandoc.Span(words.content, { class = "said" }) }
  end
  return least > 40 and scrolled(element, labels[element.identifier]) or element
end

-- Figures -----------------------------------------------------------------------------------------

local function set_figure(element)
  local image
  element.content:walk({ Image = function(found) image = found end })
  local name = image.src:gsub("%.png$", "")
  local width = sizes[name]
  if docx and width then
    image.attributes.width = width
    element.content = pandoc.Blocks({ pandoc.Plain(image) })
    return element
  end
  if not typst then
    image.attributes.style = width and "max-width: " .. width
    element.content = pandoc.Blocks({ pandoc.Plain(image) })
    return element
  end
  local words = element.caption.long[1].content
  local drawn = string.format(
    "#figure(kind: image, image(%s, alt: %s, width: %s), caption: [",
    quoted(image.src), quoted(text(image.caption)), width or "100%"
  )
  return pandoc.Plain(pandoc.List({ raw(drawn) }) .. words .. { raw("]) <" .. element.identifier .. ">") })
end

-- Marked passages ---------------------------------------------------------------------------------

local function set_mark(element)
  local style
  for _, class in ipairs(element.classes) do
    style = MARKED[class] or style
  end
  if not style then
    return element
  end
  if docx then
    element.attributes["custom-style"] = style
    return element
  end
  if typst then
    local open = pandoc.RawBlock("typst", "#marked(" .. quoted(style) .. ")[")
    element.content = pandoc.Blocks({ open }) .. element.content .. { pandoc.RawBlock("typst", "]") }
  end
  return element
end

-- A word with any sign that typst could read as its own stands as a string: pandoc leaves three full stops,
-- a hyphen before a number, and "-", "=" or "/" at the beginning of a cell, an entry or a title as they are.
-- A word longer than a column is told where it may be broken.
local function plain(element)
  local words = element.text
  if pandoc.text.len(words) > 24 then
    local parts = {}
    for at = 1, pandoc.text.len(words), 12 do
      table.insert(parts, pandoc.text.sub(words, at, at + 11))
    end
    words = table.concat(parts, "\u{200b}")
  end
  if words:find("[^%w,;:()%%.\128-\255]") or words:find("%.%.%.") or words:find("^%w+[.)]$") then
    return raw("#" .. quoted(words) .. ";")
  end
  return pandoc.Str(words)
end

-- The title of the page is its first heading.
local function deeper(element)
  element.level = element.level + 1
  return element
end

-- The document as ``format`` shows it: html5, docx or typst.
return function(doc, format)
  docx, typst, html = format == "docx", format == "typst", format == "html5"
  labels, sizes, targets, tables = {}, {}, {}, 0
  for name, width in pairs((html and doc.meta.screen or doc.meta.sizes) or {}) do
    sizes[name] = text(width)
  end
  local front = doc.meta.front or pandoc.Blocks({})
  doc.meta.front = nil
  local blocks = with_contents(number_all(with_numbers(doc.blocks)), doc.meta.contents)
  if html then
    doc.meta.front = pandoc.MetaBlocks(front)
  else
    blocks = pandoc.Blocks(front) .. blocks
  end
  local shown = { traverse = "topdown", Table = set_table, Figure = set_figure, Div = set_mark, Link = link }
  shown.Header = html and deeper or nil
  if typst then
    shown.Str = plain
    for _, name in ipairs({ "title", "kind", "foot" }) do
      doc.meta[name] = doc.meta[name] and doc.meta[name]:walk({ Str = plain })
    end
  end
  doc.blocks = blocks:walk(shown)
  return doc
end
