#pragma once

#include <curl/curl.h>

// curl's option and information calls are variadic, and Swift cannot call such functions. Each function below fixes the type of
// one argument. The option determines which type is right; its manual page names it.

static inline CURLcode aura_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode aura_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode aura_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode aura_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode aura_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
typedef size_t (*aura_curl_sink)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode aura_curl_set_sink(CURL *easy, CURLoption option, aura_curl_sink value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode aura_curl_get_long(CURL *easy, CURLINFO information, long *value) {
    return curl_easy_getinfo(easy, information, value);
}

static inline CURLMcode aura_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// A message's result is in an anonymous union.
static inline CURLcode aura_curl_message_result(const CURLMsg *message) {
    return message->data.result;
}
