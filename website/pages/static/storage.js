// What pages keep in the reader's browser. Each entry has the book's name in its key, since a host may
// hold several books. An entry that cannot be read is never overwritten: somebody's work may be in it.
// It stays, a copy is put aside, and `trouble` says so. A classic script, as those that use it.
"use strict";
{
  const { book } = document.currentScript.dataset;
  const BLOCKED = "storage is blocked";
  const UNREADABLE = "what is stored cannot be read";

  class Entry {
    #check;
    #blocked = false;
    #unreadable = false;

    // `check` returns the value that JSON gave, or throws where it is none of ours. `former` is the
    // key that every book used before: what is there is taken over once.
    constructor(name, check, former) {
      this.key = `llb:${book}/${name}`;
      this.#check = check;
      if (former) this.#takeOver(former);
    }

    get unreadable() {
      return this.#unreadable;
    }

    // Why nothing is kept, in words; empty while something is.
    get trouble() {
      if (this.#unreadable) return UNREADABLE;
      return this.#blocked ? BLOCKED : "";
    }

    // The value that is kept; undefined where there is none, or none that can be read.
    get() {
      const text = this.#text();
      this.#unreadable = false;
      if (text === null) return undefined;
      try {
        return this.#check(JSON.parse(text));
      } catch {
        this.#unreadable = true;
        this.#putAside(text);
        return undefined;
      }
    }

    // Keep a value, or forget it where it is undefined; says whether the browser does.
    set(value) {
      this.get(); // another tab may have written what we cannot read
      return !this.#unreadable && this.#write(this.key, value && JSON.stringify(value));
    }

    // Forget the value, and what `former` keeps. Of one that cannot be read the copy stays, until
    // all is cleared once more.
    clear(former) {
      const forgotten = [this.key, former, this.#unreadable ? undefined : this.#aside];
      this.#unreadable = false;
      for (const key of forgotten) if (key) this.#write(key, undefined);
    }

    // Whether something can be written: some browsers let us read alone.
    probe() {
      if (this.#write(`${this.key}?`, "")) this.#write(`${this.key}?`, undefined);
    }

    get #aside() {
      return `${this.key}:unreadable`;
    }

    #text() {
      try {
        return localStorage.getItem(this.key);
      } catch {
        this.#blocked = true;
        return null;
      }
    }

    #write(key, text) {
      try {
        if (text === undefined) localStorage.removeItem(key);
        else localStorage.setItem(key, text);
        this.#blocked = false;
      } catch {
        this.#blocked = true;
      }
      return !this.#blocked;
    }

    #putAside(text) {
      try {
        localStorage.setItem(this.#aside, text);
      } catch {
        // no room for a copy: the entry itself stays
      }
    }

    #takeOver(former) {
      try {
        const text = localStorage.getItem(former);
        if (text !== null && this.#text() === null) localStorage.setItem(this.key, text);
      } catch {
        // a browser that keeps nothing has nothing to take over
      }
    }
  }

  globalThis.llbEntry = (...parts) => new Entry(...parts);
}
