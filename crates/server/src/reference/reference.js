// Shows the description of the interface. Everything is written as text; nothing comes from elsewhere.

const METHODS = ["get", "post", "put", "patch", "delete"];
const DEPTH = 5;

/** An element with properties and children. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** A text in which `code` is code, as several nodes. */
function inline(text) {
  return text.split(/`([^`]*)`/).map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

function prose(text) {
  return (text ?? "").split("\n\n").filter(Boolean).map((part) => make("p", {}, ...inline(part)));
}

class Reference {
  constructor(description) {
    this.description = description;
  }

  /** What a reference leads to, with its name. */
  resolve(schema) {
    if (!schema?.$ref) return [schema ?? {}, ""];
    const path = schema.$ref.replace(/^#\//, "").split("/");
    const target = path.reduce((value, key) => value?.[key], this.description) ?? {};
    return [{ ...target, ...Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$ref")) }, path.at(-1)];
  }

  /** A type in words: `string (date-time), 1–4,000 characters`. */
  type(schema) {
    const [own, name] = this.resolve(schema);
    const parts = [];
    const choices = own.enum ?? (own.const === undefined ? null : [own.const]);
    const several = own.anyOf ?? own.oneOf;
    if (choices) parts.push(choices.map((choice) => JSON.stringify(choice)).join(" | "));
    else if (several) parts.push(several.map((one) => this.type(one)).join(" or "));
    else if (own.type === "array" || own.type?.includes?.("array")) {
      parts.push(`array of ${this.type(own.items ?? {})}`);
      if (own.type.includes?.("null") && own.type !== "array") parts.push("or null");
    } else parts.push(name || [own.type ?? "any value"].flat().join(" or "));
    if (own.format) parts.push(`(${own.format})`);
    if (own.minLength !== undefined || own.maxLength !== undefined) {
      parts.push(`${own.minLength ?? 0}–${own.maxLength?.toLocaleString("en") ?? "…"} characters`);
    }
    if (own.minimum !== undefined && own.maximum !== undefined) {
      parts.push(`${own.minimum}–${own.maximum.toLocaleString("en")}`);
    }
    return parts.join(" ");
  }

  /** The fields below a schema, those of nested objects inside. */
  fields(schema, depth = 0) {
    const [own] = this.resolve(schema);
    if (depth >= DEPTH) return null;
    const several = own.anyOf ?? own.oneOf;
    if (several) {
      const shown = several.map((one) => this.fields(one, depth)).filter(Boolean);
      return shown.length ? make("div", {}, ...shown) : null;
    }
    if (own.items) return this.fields(own.items, depth);
    const all = own.allOf ?? [];
    const properties = Object.assign({}, ...all.map((one) => this.resolve(one)[0].properties ?? {}), own.properties);
    const required = new Set([own, ...all.map((one) => this.resolve(one)[0])].flatMap((one) => one.required ?? []));
    const names = Object.keys(properties);
    if (!names.length) return null;
    const list = make("dl");
    for (const name of names) {
      const field = properties[name];
      const [value] = this.resolve(field);
      const below = this.fields(field, depth + 1);
      list.append(
        make(
          "dt",
          {},
          make("code", {}, name),
          " ",
          make("span", { class: "soft" }, this.type(field)),
          required.has(name) ? make("span", { class: "must" }, " required") : "",
        ),
        make(
          "dd",
          {},
          ...inline(field.description ?? value.description ?? ""),
          below ? make("details", {}, make("summary", {}, "Fields"), below) : "",
        ),
      );
    }
    return list;
  }

  content(content) {
    return Object.entries(content ?? {}).map(([media, { schema, example, "x-events": events }]) =>
      make(
        "div",
        {},
        make("p", { class: "soft" }, make("code", {}, media), " ", schema ? this.type(schema) : ""),
        this.fields(schema),
        ...Object.entries(events ?? {}).map(([name, event]) =>
          make("details", {}, make("summary", {}, name ? `Event ${name}` : "Each event"), this.fields(event)),
        ),
        example ? make("pre", { tabindex: "0" }, make("code", {}, JSON.stringify(example, null, 2))) : "",
      ),
    );
  }

  security(operation) {
    const ways = operation.security ?? [];
    if (!ways.length) return "No key is needed.";
    const names = ways.flatMap((way) => Object.entries(way)).map(([name, scopes]) =>
      scopes.length ? `a ${name} of scope \`${scopes.join("`, `")}\`` : `a ${name}`,
    );
    const needed = `Takes ${names.join(", or ")}.`;
    return ways.some((way) => !Object.keys(way).length) ? `${needed} Neither is needed.` : needed;
  }

  operation(path, method, operation) {
    const parameters = operation.parameters ?? [];
    const article = make(
      "article",
      { id: operation.operationId, "aria-labelledby": `${operation.operationId}-name` },
      make(
        "h3",
        { id: `${operation.operationId}-name` },
        make("span", { class: `method ${method}` }, method),
        " ",
        make("code", {}, path),
      ),
      make("p", {}, make("strong", {}, operation.summary)),
      ...prose(operation.description),
      make("p", { class: "soft" }, ...inline(this.security(operation))),
    );
    if (parameters.length) {
      const list = make("dl");
      for (const parameter of parameters) {
        list.append(
          make(
            "dt",
            {},
            make("code", {}, parameter.name),
            " ",
            make("span", { class: "soft" }, `${parameter.in}, ${this.type(parameter.schema)}`),
            parameter.required ? make("span", { class: "must" }, " required") : "",
          ),
          make("dd", {}, ...inline(parameter.description ?? "")),
        );
      }
      article.append(make("h4", {}, "Parameters"), list);
    }
    if (operation.requestBody) {
      article.append(make("h4", {}, "Body"), ...this.content(operation.requestBody.content));
    }
    article.append(make("h4", {}, "Replies"));
    for (const [status, reply] of Object.entries(operation.responses)) {
      const body = this.content(reply.content);
      const title = [make("code", {}, status), " ", ...inline(reply.description || "")];
      const headers = Object.keys(reply.headers ?? {}).filter((name) => name !== "X-Request-Id");
      const types = Object.values(reply.content ?? {})
        .flatMap(({ schema }) => schema?.allOf ?? [])
        .flatMap((part) => part.properties?.type?.enum ?? []);
      article.append(
        make(
          "details",
          {},
          make("summary", {}, ...title),
          headers.length ? make("p", { class: "soft" }, `Headers: ${headers.join(", ")}`) : "",
          types.length ? make("p", { class: "soft" }, "Types: ", ...types.flatMap((type) => [make("code", {}, type), " "])) : "",
          ...body,
        ),
      );
    }
    return article;
  }

  show() {
    const { info, tags, paths } = this.description;
    document.title = `API reference · ${info.title}`;
    document.getElementById("title").textContent = `${info.title} API reference`;
    document.getElementById("version").textContent = `version ${info.version}, OpenAPI ${this.description.openapi}`;
    const main = document.getElementById("main");
    const toc = document.getElementById("toc");
    main.replaceChildren(...prose(info.description));
    for (const tag of tags) {
      const section = make("section", {}, make("h2", {}, tag.name), ...prose(tag.description));
      const list = make("ul");
      for (const [path, item] of Object.entries(paths)) {
        for (const method of METHODS) {
          const operation = item[method];
          if (!operation?.tags?.includes(tag.name)) continue;
          section.append(this.operation(path, method, operation));
          const name = `${method.toUpperCase()} ${path}`;
          list.append(make("li", { "data-words": `${name} ${operation.summary}`.toLowerCase() }, make("a", { href: `#${operation.operationId}` }, name)));
        }
      }
      if (list.children.length) {
        main.append(section);
        toc.append(make("div", {}, make("h2", {}, tag.name), list));
      }
    }
    document.getElementById("filter").addEventListener("input", ({ target }) => this.filter(target.value));
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }

  filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const entry of document.querySelectorAll("#toc li")) {
      entry.hidden = !words.every((word) => entry.dataset.words.includes(word));
    }
    for (const group of document.querySelectorAll("#toc > div")) {
      group.hidden = !group.querySelector("li:not([hidden])");
    }
  }
}

try {
  const reply = await fetch("./openapi.json");
  if (!reply.ok) throw new Error(String(reply.status));
  new Reference(await reply.json()).show();
} catch (error) {
  document.getElementById("state").textContent = `The description could not be loaded (${error.message}). Reload this page to try again.`;
}
