"""The doors: browser, REST and chatbots. Each asks one question: library.search."""
